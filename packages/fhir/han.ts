const HAN = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+$/u
/** Longer ones are no names whose parts anybody exchanges. */
const MAX_CHARACTERS = 12

/** A name of characters as one word, however it was parted; undefined: it is none. @param words normalised */
export function wholeHan(words: readonly string[]): string | undefined {
  const han = words.filter((word) => HAN.test(word))
  const [longest] = [...han].sort((a, b) => b.length - a.length)
  if (longest === undefined) return undefined
  const whole = han.every((word) => longest.includes(word)) ? longest : han.join("")
  const { length } = [...whole]
  return length > 1 && length <= MAX_CHARACTERS ? whole : undefined
}

/** A name in each order of its parts, as far as nobody knows where they part. */
export function ordersOf(whole: string): string[] {
  const characters = [...whole]
  return characters.map((_, i) => [...characters.slice(i), ...characters.slice(0, i)].join(""))
}

/** Whether two people have a name of characters in common, without spaces and with either part first. */
export function isSameHanName(a: readonly (readonly string[])[], b: readonly (readonly string[])[]): boolean {
  const theirs = new Set(b.map(wholeHan).filter((one) => one !== undefined))
  return a.some((name) => ordersOf(wholeHan(name) ?? "").some((one) => theirs.has(one)))
}
