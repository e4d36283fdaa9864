// The gateway's clock, and what is due on it. Knows Asia/Shanghai, which has had no summer time since 1991; refuses to
// know the machine's zone. The real clock is read here and nowhere else, and only where the configuration lets it run.

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const EAST_EIGHT = 8 * HOUR;

/** `2026-01-02 15:04:05` in Shanghai, for milliseconds since the epoch. */
export const text = ms => new Date(ms + EAST_EIGHT).toISOString().slice(0, 19).replace("T", " ");

/** `2026-01-02` in Shanghai. */
export const day = ms => text(ms).slice(0, 10);

/** The instant of `2026-01-02 15:04:05` or `2026-01-02`; undefined for every other text and for dates that are none. */
export function parse(said) {
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(said) ? `${said} 00:00:00` : String(said);
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(whole)) return undefined;
  const ms = Date.parse(`${whole.replace(" ", "T")}Z`) - EAST_EIGHT;
  return Number.isFinite(ms) && text(ms) === whole ? ms : undefined;
}

/** The day that is `days` days later. */
export const addDays = (said, days) => day(parse(said) + days * DAY);

/** The same day of the month, `months` later; the last of the month where there is no such day. */
export function addMonths(said, months) {
  const [year, month, date] = said.split("-").map(Number);
  const index = year * 12 + month - 1 + months;
  const last = new Date(Date.UTC(Math.floor(index / 12), (index % 12) + 1, 0)).getUTCDate();
  const two = number => String(number).padStart(2, "0");
  return `${Math.floor(index / 12)}-${two((index % 12) + 1)}-${two(Math.min(date, last))}`;
}

/** Time that stands still until it is moved; or, with `runs`, the machine's time shifted by what it was moved. */
export class Clock {
  #at;
  #runs;

  constructor(start, runs = false) {
    this.#runs = runs;
    this.#at = start === undefined ? Math.floor(Date.now() / SECOND) * SECOND : start;
    if (runs) this.#at -= Date.now();
  }

  get runs() {
    return this.#runs;
  }

  now() {
    return this.#runs ? this.#at + Date.now() : this.#at;
  }

  /** Never backwards. */
  moveTo(ms) {
    this.#at += Math.max(0, ms - this.now());
  }
}

/** What is due later, done one after the other in order of time; what is due together, in the order it was set. */
export class Agenda {
  #clock;
  #entries = [];
  #last = Promise.resolve();
  #order = 0;
  #alarm;

  constructor(clock) {
    this.#clock = clock;
  }

  /** Has `act` done at `ms`. It may be async; the next one waits for it. */
  at(ms, act) {
    const entry = { ms, act, order: this.#order++ };
    // The list is kept sorted; most of what is set comes last.
    let place = this.#entries.length;
    while (place > 0 && this.#entries[place - 1].ms > ms) place -= 1;
    this.#entries.splice(place, 0, entry);
    this.#arm();
  }

  /** When the next thing is due; undefined if nothing is. */
  next() {
    return this.#entries[0]?.ms;
  }

  /** Moves the clock to `ms`, doing on the way what is due, each at its own time. */
  advance(ms) {
    return this.#queue(async () => {
      while (this.#entries.length > 0 && this.#entries[0].ms <= ms) {
        const entry = this.#entries.shift();
        this.#clock.moveTo(entry.ms);
        await entry.act();
      }
      this.#clock.moveTo(ms);
    });
  }

  /** Does what is due now. */
  run() {
    return this.advance(this.#clock.now());
  }

  /** Nothing is done any more. */
  stop() {
    this.#entries = [];
    clearTimeout(this.#alarm);
  }

  #queue(work) {
    const done = this.#last.then(work).finally(() => this.#arm());
    // One that failed is told to who asked, and does not stop the next.
    this.#last = done.catch(() => {});
    return done;
  }

  #arm() {
    if (!this.#clock.runs) return;
    clearTimeout(this.#alarm);
    if (this.#entries.length === 0) return;
    // setTimeout(3) cannot wait longer than 2^31 ms; waking early does no harm.
    const wait = Math.min(Math.max(0, this.#entries[0].ms - this.#clock.now()), DAY);
    this.#alarm = setTimeout(() => this.run(), wait).unref();
  }
}
