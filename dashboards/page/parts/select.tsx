interface Props {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (string | { readonly value: string; readonly label: string })[];
  readonly onChange: (value: string) => void;
}

/** A choice with its name above it. A value that is none of the options is one more. */
export function Select({ label, onChange, options, value }: Props) {
  const all = options.map((option) => (typeof option === "string" ? { value: option, label: option } : option));
  const shown = all.some((option) => option.value === value) ? all : [{ value, label: value }, ...all];
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {shown.map((option) => (
          <option value={option.value} key={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}
