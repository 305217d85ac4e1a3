import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { placeNamed } from "./place-named.ts"

const place = (custodian: string, n: number) => ({
  ...{ custodian, handle: new Uint8Array(32).fill(n), keyNumber: 1, url: "https://node" },
})
const [city, twin, clinic] = [place("city", 0xaa), place("city", 0xab), place("clinic", 1)]
const one = (n: string) => n.repeat(8)

describe("one of a person's places", () => {
  const rows: readonly (readonly [
    name: string | undefined,
    places: readonly ReturnType<typeof place>[],
    expected: ReturnType<typeof place> | RegExp,
  ])[] = [
    [undefined, [clinic], clinic],
    ["clinic", [city, twin, clinic], clinic],
    ["city", [city, clinic], city],
    ["city.ab", [city, twin, clinic], twin],
    ["clinic.0101", [city, clinic], clinic],
    [
      "city",
      [city, twin],
      new RegExp(`which one\\? --at takes one of city\\.${one("aa")}, city\\.${one("ab")}$`),
    ],
    ["city.a", [city, twin], /which one\?/],
    ["city.ff", [city, twin], /no patient of city\.ff/],
    ["cit", [city, clinic], /no patient of cit; --at takes one of city, clinic$/],
    [undefined, [city, clinic], /which one\? --at takes one of city, clinic$/],
  ]
  for (const [name, places, expected] of rows)
    it(`${name} of ${places.length}`, () => {
      if (expected instanceof RegExp) assert.throws(() => placeNamed(places, name, "--at"), expected)
      else assert.equal(placeNamed(places, name, "--at"), expected)
    })
})
