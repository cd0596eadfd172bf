import { formText } from "./form-text.ts";
import { keepToken } from "../api/token.ts";

/** Asks for the token that the server wants. */
export function TokenForm() {
  return (
    <form
      class="token card"
      onSubmit={(event) => {
        event.preventDefault();
        keepToken(formText(event.currentTarget, "token"));
        location.reload();
      }}
    >
      <h1>hydrograph</h1>
      <label class="field">
        <span>The server wants its token (HYDROGRAPH_TOKEN)</span>
        <input type="password" name="token" required autocomplete="current-password" />
      </label>
      <button type="submit" class="primary">
        Enter
      </button>
    </form>
  );
}
