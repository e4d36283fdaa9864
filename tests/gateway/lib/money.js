// Money in whole fen. Nothing here is ever a fraction.

/** Fen of a text such as `10.00`, or of a number that prints as one; undefined for everything else. */
export function parse(said) {
  const found = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(String(said ?? ""));
  return found ? Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0")) : undefined;
}

/** `10.00`; with its sign where it is negative. */
export function print(fen) {
  const size = Math.abs(fen);
  return `${fen < 0 ? "-" : ""}${Math.floor(size / 100)}.${String(size % 100).padStart(2, "0")}`;
}
