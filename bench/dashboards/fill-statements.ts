import type { Statement } from "../../clickhouse/index.ts";

/** Events of one type: so many of a hundred, with fields of `data` as SQL. */
interface Shape {
  readonly type: string;
  readonly share: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** A value of a list, by a hash of the event's number. */
const one = (salt: number, values: readonly string[]): string =>
  `[${values.map((value) => `'${value}'`).join(", ")}][cityHash64(number, ${salt}) % ${values.length} + 1]`;
const whole = (salt: number, below: number): string => `1 + cityHash64(number, ${salt}) % ${below}`;
const cents = (salt: number, below: number): string => `(cityHash64(number, ${salt}) % ${below * 100}) / 100`;

const country = one(11, ["DE", "AT", "CH", "FR", "IT", "ES", "PL", "NL", "BE", "SE", "US", "GB"]);
const currency = one(12, ["EUR", "CHF", "USD", "GBP"]);
const payment = {
  orderId: "toString(number)",
  method: one(13, ["card", "paypal", "bank_transfer"]),
  amount: cents(14, 400),
  attempt: whole(15, 3),
  country,
  currency,
};

const SHAPES: Readonly<Record<string, readonly Shape[]>> = {
  shop: [
    {
      type: "page.viewed",
      share: 60,
      fields: { page: one(16, ["/", "/search", "/product", "/cart", "/help"]), device: one(17, ["phone", "desktop", "tablet"]), country },
    },
    {
      type: "cart.item_added",
      share: 20,
      fields: {
        sku: `concat('sku-', toString(${whole(18, 500)}))`,
        category: one(19, ["books", "music", "toys", "garden", "shoes"]),
        quantity: whole(20, 4),
        price: cents(21, 100),
        country,
        currency,
      },
    },
    {
      type: "order.placed",
      share: 8,
      fields: {
        orderId: "toString(number)",
        amount: cents(14, 400),
        items: whole(20, 6),
        country,
        currency,
        device: one(17, ["phone", "desktop", "tablet"]),
      },
    },
    { type: "payment.succeeded", share: 7, fields: payment },
    { type: "payment.failed", share: 3, fields: { ...payment, reason: one(22, ["declined", "expired", "limit", "network"]) } },
    { type: "payment.retried", share: 1, fields: payment },
    {
      type: "payment.switched_to_cash_on_delivery",
      share: 1,
      fields: { orderId: "toString(number)", amount: cents(14, 400), attempts: whole(15, 3), country, currency },
    },
  ],
  git: [
    {
      type: "git.commit",
      share: 30,
      fields: {
        repo: one(31, ["linux", "git", "node"]),
        parents: whole(32, 2),
        files: whole(33, 20),
        insertions: whole(34, 500),
        deletions: whole(35, 300),
        utc_offset_minutes: "(cityHash64(number, 36) % 27) * 60 - 720",
        subject_bytes: whole(37, 70),
      },
    },
    {
      type: "git.file_changed",
      share: 70,
      fields: {
        repo: one(31, ["linux", "git", "node"]),
        dir: `concat('dir-', toString(${whole(38, 40)}))`,
        ext: one(39, ["c", "h", "js", "md", "py", "sh"]),
        insertions: whole(34, 100),
        deletions: whole(35, 80),
      },
    },
  ],
  market: [
    {
      type: "market.quoted",
      share: 70,
      fields: { bid: `99 + ${cents(41, 2)}`, ask: `101 + ${cents(42, 2)}` },
    },
    {
      type: "market.traded",
      share: 30,
      fields: { price: `99 + ${cents(43, 4)}`, size: whole(44, 1_000), side: one(45, ["buy", "sell"]) },
    },
  ],
};

const DAYS_30 = 30 * 86_400_000_000;
const BATCH = 1_000;

/** The fields of an event as SQL for its JSON. */
function jsonOf({ fields }: Shape): string {
  return `concat('{', ${Object.entries(fields)
    .map(([name, value], index) => `'${index > 0 ? "," : ""}"${name}":', toJSONString(${value})`)
    .join(", ")}, '}')`;
}

/** Statements that fill `events` of an example and its ledger, with events of the 30 days before `to` (milliseconds): the same in every run but for the time. */
export function fillStatements(example: string, events: number, to: number): Statement[] {
  const shapes = SHAPES[example] ?? [];
  const bounds = shapes.map((_, index) => shapes.slice(0, index + 1).reduce((total, { share }) => total + share, 0));
  const choose = (of: (shape: Shape) => string): string =>
    `multiIf(${shapes
      .slice(0, -1)
      .map((shape, index) => `dice < ${bounds[index]}, ${of(shape)}`)
      .join(", ")}, ${of(shapes.at(-1) ?? { type: "", share: 0, fields: {} })})`;
  const subject =
    example === "market"
      ? one(51, ["ACME", "GLOBEX", "INITECH"])
      : `concat('user-', toString(cityHash64(number, 2) % ${Math.max(1, Math.round(events / 20))}))`;
  const params = { from: to * 1_000 - DAYS_30, events, step: Math.floor(DAYS_30 / events), batch: BATCH };
  const at = "fromUnixTimestamp64Micro(toInt64({from:Int64} + number * {step:Int64}), 'UTC')";
  return [
    {
      name: "Events",
      sql: `INSERT INTO events (stream, epoch, seq, idx, stored_at, known_at, time, id, type, source, subject, version, data)
SELECT {stream:String}, 1, number + 1, 0, ${at} AS at, at, at, toString(number), ${choose(({ type }) => `'${type}'`)}, 'bench', ${subject}, 1, ${choose(jsonOf)}
FROM (SELECT number, cityHash64(number, 3) % 100 AS dice FROM numbers({events:UInt64}))`,
      params: { ...params, stream: example.toUpperCase() },
    },
    {
      name: "Ledger",
      sql: `INSERT INTO ingest_ledger (stream, epoch, generation, first, last, received, inserted, event_rows, bytes, stored_from, stored_to, code, worker, inserted_at)
SELECT {stream:String}, 1, 0, number * {batch:UInt64} + 1, least({events:UInt64}, (number + 1) * {batch:UInt64}) AS upto, upto - number * {batch:UInt64} AS size, size, size, size * 200,
    fromUnixTimestamp64Micro(toInt64({from:Int64} + number * {batch:UInt64} * {step:Int64}), 'UTC'), fromUnixTimestamp64Micro(toInt64({from:Int64} + upto * {step:Int64}), 'UTC') AS stored, 'c0ffee00', 'bench', stored + 1
FROM numbers(intDiv({events:UInt64} + {batch:UInt64} - 1, {batch:UInt64}))`,
      params: { ...params, stream: example.toUpperCase() },
    },
  ];
}
