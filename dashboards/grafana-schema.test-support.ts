import { z } from "zod";

/**
 * A dashboard of schema version 41 as Grafana publishes it: every field, its type and its bounds; a field that is not there is refused.
 * Written from `jsonschema/dashboard.jsonschema.json` of github.com/grafana/grafana-foundation-sdk (draft 07; Grafana's own kind registry makes it), which no npm package carries, with the
 * fields that its newer versions add, as the SDK's 0.0.21 types have them. It is wider than that file in three places where the file itself says that it is wrong, or no dashboard that
 * Grafana saves would pass: the query of an annotation is that of its data source, what an override sets is any value, and the first step of a threshold is null.
 */
const datasource = z.strictObject({ type: z.string().optional(), uid: z.string().optional() });
const whole = z.int();
/** Depends on the data source; its plugin says what it holds. */
const query = z.looseObject({ refId: z.string() });
const anything = z.record(z.string(), z.unknown());

const link = z.strictObject({
  title: z.string(),
  type: z.enum(["link", "dashboards"]),
  icon: z.string(),
  tooltip: z.string(),
  url: z.string().optional(),
  tags: z.array(z.string()),
  asDropdown: z.boolean(),
  targetBlank: z.boolean(),
  includeVars: z.boolean(),
  keepTime: z.boolean(),
});

const gridPos = z.strictObject({
  h: whole.positive(),
  w: whole.positive().max(24),
  x: whole.min(0).lt(24),
  y: whole.min(0),
  static: z.boolean().optional(),
});

const COLOR_MODES = [
  "thresholds",
  "palette-classic",
  "palette-classic-by-name",
  "continuous-GrYlRd",
  "continuous-RdYlGr",
  "continuous-BlYlRd",
  "continuous-YlRd",
  "continuous-BlPu",
  "continuous-YlBl",
  "continuous-blues",
  "continuous-reds",
  "continuous-greens",
  "continuous-purples",
  "fixed",
  "shades",
] as const;

const fieldConfig = z.strictObject({
  defaults: z.strictObject({
    displayName: z.string().optional(),
    displayNameFromDS: z.string().optional(),
    description: z.string().optional(),
    path: z.string().optional(),
    writeable: z.boolean().optional(),
    filterable: z.boolean().optional(),
    unit: z.string().optional(),
    decimals: z.number().optional(),
    min: z.number().optional(),
    max: z.number().optional(),
    mappings: z.array(anything).optional(),
    thresholds: z
      .strictObject({
        mode: z.enum(["absolute", "percentage"]),
        steps: z.array(z.strictObject({ value: z.number().nullable(), color: z.string() })),
      })
      .optional(),
    color: z
      .strictObject({
        mode: z.enum(COLOR_MODES),
        fixedColor: z.string().optional(),
        seriesBy: z.enum(["min", "max", "last"]).optional(),
      })
      .optional(),
    links: z.array(link).optional(),
    noValue: z.string().optional(),
    custom: anything.optional(),
    fieldMinMax: z.boolean().optional(),
  }),
  overrides: z.array(
    z.strictObject({
      matcher: z.strictObject({ id: z.string(), options: z.unknown() }),
      properties: z.array(z.strictObject({ id: z.string(), value: z.unknown() })),
    }),
  ),
});

const panel = z.strictObject({
  type: z
    .string()
    .min(1)
    .refine((type) => type !== "row", "A row is no panel."),
  id: whole.optional(),
  pluginVersion: z.string().optional(),
  targets: z.array(query).optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  transparent: z.boolean().optional(),
  datasource: datasource.optional(),
  gridPos: gridPos.optional(),
  links: z.array(link).optional(),
  repeat: z.string().optional(),
  repeatDirection: z.enum(["h", "v"]).optional(),
  maxPerRow: z.number().optional(),
  maxDataPoints: z.number().optional(),
  transformations: z.array(anything).optional(),
  interval: z.string().optional(),
  timeFrom: z.string().optional(),
  timeShift: z.string().optional(),
  hideTimeOverride: z.boolean().optional(),
  options: anything.optional(),
  fieldConfig: fieldConfig.optional(),
});

const row = z.strictObject({
  type: z.literal("row"),
  collapsed: z.boolean(),
  title: z.string().optional(),
  datasource: datasource.optional(),
  gridPos: gridPos.optional(),
  id: whole,
  panels: z.array(panel),
  repeat: z.string().optional(),
});

const text = z.union([z.string(), z.array(z.string())]);
const option = z.strictObject({ selected: z.boolean().optional(), text, value: text });

const variable = z.strictObject({
  type: z.enum(["query", "adhoc", "constant", "datasource", "interval", "textbox", "custom", "system"]),
  name: z.string(),
  label: z.string().optional(),
  hide: z.literal([0, 1, 2]).optional(),
  skipUrlSync: z.boolean().optional(),
  description: z.string().optional(),
  query: z.union([z.string(), anything]).optional(),
  datasource: datasource.optional(),
  current: option.optional(),
  multi: z.boolean().optional(),
  allowCustomValue: z.boolean().optional(),
  options: z.array(option).optional(),
  refresh: z.literal([0, 1, 2]).optional(),
  sort: whole.min(0).max(8).optional(),
  includeAll: z.boolean().optional(),
  allValue: z.string().optional(),
  regex: z.string().optional(),
  definition: z.string().optional(),
});

const annotation = z.strictObject({
  name: z.string(),
  datasource,
  enable: z.boolean(),
  hide: z.boolean().optional(),
  iconColor: z.string(),
  filter: z.strictObject({ exclude: z.boolean().optional(), ids: z.array(whole) }).optional(),
  target: query.optional(),
  type: z.string().optional(),
  builtIn: z.number().optional(),
});

/** The whole dashboard. */
export const grafanaDashboard = z.strictObject({
  id: whole.nullable().optional(),
  uid: z.string().min(8).max(40).optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  revision: whole.optional(),
  gnetId: z.string().optional(),
  tags: z.array(z.string()).optional(),
  timezone: z.string().optional(),
  editable: z.boolean().optional(),
  graphTooltip: z.literal([0, 1, 2]).optional(),
  time: z.strictObject({ from: z.string(), to: z.string() }).optional(),
  timepicker: anything.optional(),
  fiscalYearStartMonth: whole.min(0).lt(12).optional(),
  liveNow: z.boolean().optional(),
  weekStart: z.string().optional(),
  refresh: z.union([z.string(), z.literal(false)]).optional(),
  schemaVersion: whole,
  version: whole.optional(),
  panels: z.array(z.union([row, panel])).optional(),
  templating: z.strictObject({ list: z.array(variable).optional() }),
  annotations: z.strictObject({ list: z.array(annotation).optional() }),
  links: z.array(link).optional(),
  preload: z.boolean().optional(),
});
