// Asked for only when amounts run short: SHA-256("challenge.nonce") must begin with so many zero bits.

const BITS_MAX = 24; // more would only burn the reader's battery
const AT_ONCE = 512;

export const proofOfWork = async ({ lock, panel, dialog }) => {
  const { challenge, difficulty_bits: bits } = lock._error, again = lock._retry, plain = [...panel.childNodes];
  if (!crypto.subtle || bits > BITS_MAX) return;
  panel.replaceChildren();
  for (let first = 0; ; first += AT_ONCE) {
    const tries = Array.from({ length: AT_ONCE }, (_, i) => `${challenge}.${first + i}`);
    const sums = await Promise.all(tries.map(text => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
    const hit = sums.findIndex(sum => {
      const bytes = new Uint8Array(sum), at = bytes.findIndex(Boolean);
      return at * 8 + Math.clz32(bytes[at]) - 24 >= bits;
    });
    if (hit >= 0) return again({ "matcha-pow": tries[hit] });
    await new Promise(done => setTimeout(done)); // the page stays alive
    if (!dialog.open) return panel.replaceChildren(...plain);
  }
};
