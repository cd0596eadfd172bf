import { setImmediate as nextTurn } from "node:timers/promises";
import { randomFrom } from "../../../tests/support/random.ts";
import type { Clock } from "../clock.ts";

/** A request on its way: sent, done by the server, answered. Whoever sent it may be dead by then, or may have been told that it failed. */
interface Request {
  readonly sender: Process | undefined;
  readonly name: string;
  readonly server: "clickhouse" | "nats";
  /** What the server does with it. */
  readonly perform: () => unknown;
  /** What the sender is told if it hears nothing. */
  readonly noAnswer: () => Error;
  readonly answer: (outcome: Outcome) => void;
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** What may become of a request that is not simply answered. */
export type Fault = "refused" | "answer-lost" | "late";

interface Answer {
  readonly sender: Process;
  readonly server: Request["server"];
  /** What the sender is told if the connection breaks before it has read the answer. */
  readonly breakOff: () => void;
  readonly deliver: () => void;
}

interface Timer {
  at: number;
  readonly owner: Process;
  readonly action: () => void;
}

/** Something that can happen next. */
type Move = () => void;

/** Stands for what a lane has no business with. */
export function never(): never {
  throw new Error("not in the model");
}

/** A worker's process: it can be put to sleep (its requests go on, but it sees and does nothing) and killed. */
export class Process {
  readonly name: string;
  readonly stop = new AbortController();
  isAlive = true;
  isAsleep = false;
  isDone = false;
  /** Gives up the lane that it holds or is about to claim. */
  giveUp: (() => void) | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get isAwake(): boolean {
    return this.isAlive && !this.isAsleep;
  }
}

/**
 * A small world with servers and processes in it, in which everything that may happen next is a move, and one is taken at a time: requests arrive and are answered in any order, time
 * passes by itself only when a move says so. The same seeds give the same history.
 */
export class World {
  /** Milliseconds since the world began. */
  now = 0;
  readonly processes: Process[] = [];
  /** Moves of other parts: what they could do now. */
  readonly sources: (() => readonly Move[])[] = [];
  #requests: Request[] = [];
  #answers: Answer[] = [];
  #timers: Timer[] = [];
  /** A server that is just starting again. */
  #refusesNext: Request["server"] | undefined;

  clockOf(owner: Process): Clock {
    const after = (ms: number, action: () => void): (() => void) => {
      const timer = { at: this.now + ms, owner, action };
      this.#timers.push(timer);
      return () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      };
    };
    return {
      now: () => this.now,
      after,
      every: (ms, action) => {
        let callOff: (() => void) | undefined;
        const again = (): void => {
          callOff = after(ms, () => {
            again();
            action();
          });
        };
        again();
        return () => callOff?.();
      },
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          const give = (): void => reject(new Error("The operation was aborted", { cause: signal.reason }));
          if (signal.aborted) return give();
          const callOff = after(ms, () => {
            signal.removeEventListener("abort", onAbort);
            resolve();
          });
          const onAbort = (): void => {
            callOff();
            give();
          };
          signal.addEventListener("abort", onAbort, { once: true });
        }),
    };
  }

  /** Sends a request. The promise of a process that has died is never settled. */
  request<T>(sender: Process, server: Request["server"], name: string, perform: () => T, noAnswer: () => Error): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const answer = (outcome: Outcome): void => {
        const deliver = (): void => {
          if ("value" in outcome) resolve(outcome.value as T);
          else reject(outcome.error);
        };
        this.#answers.push({ sender, server, deliver, breakOff: () => reject(noAnswer()) });
      };
      if (sender.isAlive) this.#requests.push({ sender, server, name, perform, noAnswer, answer });
    });
  }

  /** Names of the requests that no server has seen yet. */
  get pending(): readonly string[] {
    return this.#requests.map(({ name, sender }) => `${sender?.name ?? "nobody"}: ${name}`);
  }

  /** Lets a fault strike one of the requests under way. @returns what was struck */
  strike(fault: Fault, pick: number): string | undefined {
    const struck = this.#requests.filter(({ sender }) => sender?.isAlive);
    const request = struck[pick % Math.max(1, struck.length)];
    if (!request) return undefined;
    this.#requests = this.#requests.filter((other) => other !== request);
    if (fault === "answer-lost") this.#perform({ ...request, answer: () => {} });
    if (fault === "late") this.#requests.push({ ...request, sender: undefined, answer: () => {} });
    request.answer({ error: request.noAnswer() });
    return request.name;
  }

  /** Kills a process: its requests may still arrive, its answers reach nobody. */
  kill(process: Process): void {
    process.isAlive = false;
    this.#answers = this.#answers.filter(({ sender }) => sender !== process);
    this.#timers = this.#timers.filter(({ owner }) => owner !== process);
    this.#requests = this.#requests.map((request) =>
      request.sender === process ? { ...request, sender: undefined, answer: () => {} } : request,
    );
  }

  /** What dead processes have sent, and what was given up, never arrives. */
  forgetOrphans(): void {
    this.#requests = this.#requests.filter(({ sender }) => sender !== undefined);
  }

  /** A server starts again: what it has not seen it never sees, whoever waits for an answer of it gets none, and who asks next finds it away. */
  restart(server: Request["server"]): void {
    const dropped = this.#requests.filter((request) => request.server === server);
    this.#requests = this.#requests.filter((request) => request.server !== server);
    for (const request of dropped) request.answer({ error: request.noAnswer() });
    this.#refusesNext = server;
    this.#answers = this.#answers.map((answer) => (answer.server === server ? { ...answer, deliver: answer.breakOff } : answer));
  }

  /** Takes up to `moves` moves, chosen by a seed, or until `isOver`. @returns whether it is over */
  async run(moves: number, seed: number, isOver: () => boolean = () => false): Promise<boolean> {
    const random = randomFrom(seed);
    for (let taken = 0; taken < moves; taken += 1) {
      await nextTurn();
      if (isOver()) return true;
      const possible = this.#moves();
      const isTime = possible.length === 0 || random() < 0.05;
      const move = isTime ? this.#timePasses() : possible[Math.floor(random() * possible.length)];
      if (!move && possible.length === 0) break;
      move?.();
    }
    await nextTurn();
    return isOver();
  }

  #moves(): Move[] {
    return [
      ...this.#requests.map((request) => () => this.#take(request)),
      ...this.#answers.filter(({ sender }) => sender.isAwake).map((answer) => () => this.#deliver(answer)),
      ...this.#timers.filter(({ at, owner }) => at <= this.now && owner.isAwake).map((timer) => () => this.#fire(timer)),
      ...this.sources.flatMap((source) => source()),
    ];
  }

  #timePasses(): Move | undefined {
    const next = this.#timers.filter(({ at, owner }) => at > this.now && owner.isAlive).map(({ at }) => at);
    if (next.length === 0) return undefined;
    return () => {
      this.now = Math.min(...next);
    };
  }

  #take(request: Request): void {
    this.#requests = this.#requests.filter((other) => other !== request);
    this.#perform(request);
  }

  #perform({ answer, noAnswer, perform, server }: Request): void {
    try {
      if (server === this.#refusesNext) {
        this.#refusesNext = undefined;
        throw noAnswer();
      }
      answer({ value: perform() });
    } catch (error) {
      answer({ error });
    }
  }

  #deliver(answer: Answer): void {
    this.#answers = this.#answers.filter((other) => other !== answer);
    answer.deliver();
  }

  #fire(timer: Timer): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
    timer.action();
  }
}
