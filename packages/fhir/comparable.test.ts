import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { comparable } from "./identifiers.ts"

const SSN = "http://hl7.org/fhir/sid/us-ssn"
const NHS = "https://fhir.nhs.uk/Id/nhs-number"
const MRN = "https://a.example/mrn"

describe("numbers that are the same", () => {
  const rows: readonly (readonly [system: string, ...values: string[]])[] = [
    [SSN, "111-22-3333", "111 22 3333", "111223333", "111.22.3333", "１１１‐22‐3333"],
    [NHS, "943 476 5919", "9434765919", "943-476-5919"],
    ["urn:oid:2.16.756.5.32", "756.9217.0769.85", "7569217076985"],
    ["http://hl7.org/fhir/sid/us-mbi", "1EG4-TE5-MK73", "1eg4te5mk73"],
    [MRN, "A-1", "a-1", " A-1 ", "A – 1", "A 1", "Ａ-1"],
    [MRN, "17", "17 "],
  ]
  for (const [system, first, ...others] of rows)
    for (const other of others)
      it(`${system}: ${first} and ${other}`, () =>
        assert.equal(comparable({ system, value: other }), comparable({ system, value: first })))
})

describe("numbers that are different", () => {
  const rows: readonly (readonly [system: string, a: string, b: string])[] = [
    [MRN, "1-23", "12-3"],
    [MRN, "1-23", "123"],
    [MRN, "1.23", "12 3"],
    [MRN, "0017", "17"],
    [MRN, "A1", "A-1"],
    [MRN, "1/23", "12/3"],
    [MRN, "1²", "12"],
    [MRN, "½", "1/2"],
    // No number of the system: its separators may mean something.
    [SSN, "1-23", "12-3"],
    [SSN, "1-2-3", "123"],
    // The sign tells the century.
    ["urn:oid:1.2.246.21", "131052-308T", "131052A308T"],
    ["urn:oid:1.2.752.129.2.1.3.1", "640823-3234", "640823+3234"],
  ]
  for (const [system, a, b] of rows)
    it(`${system}: ${a} and ${b}`, () =>
      assert.notEqual(comparable({ system, value: a }), comparable({ system, value: b })))
})
