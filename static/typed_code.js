// The typed code's check character, tested on the device: a slip of the finger is found before anything is sent, so it
// is not counted against anybody. The same construction as in voucher/vouchers/typed_code.py.

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 13;
const FIELD_POLYNOMIAL = 0b100101;
const LOOK_ALIKES = { O: "0", I: "1", L: "1" };
// What separates groups: white space as Python knows it, and dashes of every kind.
const SEPARATORS = /[^\S\uFEFF]|[\x1c-\x1f\x85]|\p{Pd}/gu;

/** The 13 characters that were meant, or null when they are not 13 of our alphabet. */
export function meant(text) {
  const kept = text.replace(SEPARATORS, "");
  if (!/^[\x00-\x7f]*$/.test(kept)) return null;
  const code = [...kept.toUpperCase()].map((character) => LOOK_ALIKES[character] ?? character);
  const fits = code.length === LENGTH && code.every((character) => ALPHABET.includes(character));
  return fits ? code.join("") : null;
}

/** Whether the check character of such a code is right. */
export function wellFormed(code) {
  let state = 0;
  for (const character of code) {
    state <<= 1;
    if (state > 31) state ^= FIELD_POLYNOMIAL;
    state ^= ALPHABET.indexOf(character);
  }
  return state === 0;
}
