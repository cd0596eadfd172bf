/** How features can be computed: chosen by the data (`auto`), or one for all entities. Every plan gives the same values. */
export type PlanChoice = "auto" | "join" | "tiles";

/** How the features over the events of one type were computed. */
export interface PassPlan {
  readonly event: string;
  /** Pairs of label and event that the plain join would form: the sum over entities of labels times events. An estimate if there are no hot entities; unknown (null) if only the join was allowed. */
  readonly pairs: number | null;
  /** Entities whose history is long enough to be kept in tiles, their labels and events; all others are joined. */
  readonly hot: { readonly entities: number; readonly labels: number; readonly events: number };
  /** Levels of tiles, each 16 times as wide as the one below; 0 if there are no hot entities. */
  readonly levels: number;
}

/**
 * What the two plans cost, in pairs of the plain join (measured on two cores with 20 features, see docs/decisions/0026): a label of a hot entity as much as so many pairs, for
 * it meets the ends of its windows on each level; an event of one as much as so many, for it is copied and put into tiles.
 */
export const PAIRS_A_LABEL = 1_000;
export const PAIRS_AN_EVENT = 10;
/** Fewer pairs than these are joined in less time than it takes to make the tables of a second plan. */
export const FEWEST_PAIRS = 10_000_000;
/** Events of a tile of the lowest level, on average; and tiles that one of the next level covers, as a power of two. */
export const EVENTS_A_TILE = 16;
export const LEVEL_BITS = 4;
/** Tiles of the highest level that a label looks at one by one. */
export const TOP_TILES = 64;
/**
 * Labels worked on at once, which bounds memory: with 20 features a label takes 1 kB on its way down the tiles, and 5 kB where it is joined with a hundred events. Each slice of labels reads the
 * events of its own times again.
 */
export const LABELS_AT_ONCE = 200_000;
/** One event in so many is looked at to see whether there are long histories at all. */
export const SAMPLE = 16;
/** Entities of a set that is kept ready whose history is shorter have no tiles: their events are looked at in the time that tiles and the events of those that edges cut would take. */
export const LONG_HISTORY = 500;
/** What a tile costs an answer, in events: of 2, 6, 12 and 25, this was the best of both 500 entities of 10,000 events and a Zipf mix. */
export const EVENTS_A_TILE_COSTS = 12;
/** No time lies beyond the first tile of this width, as a power of two. */
export const COLD_SHIFT = 63;
