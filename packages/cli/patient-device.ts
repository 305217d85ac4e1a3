import { existsSync, readFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import type { PatientPlace, PersonTold } from "@aceso/client"
import {
  type Bytes,
  fromHex,
  isSamePlace,
  PlatformError,
  randomBytes,
  type SignedGenesis,
  signedGenesis,
} from "@aceso/core"
import { readJsonFile, writeJsonFile, writeNewJsonFile, writeSecret } from "@aceso/server/home/layout.ts"
import { type PatientFile, patientFile, UsageError } from "./session.ts"

const NAME = /^[a-z][a-z0-9-]{0,63}$/
/** As many as a person's file holds. */
const MAX_PLACES = 64
const UNKNOWN = "(not told)"

/** A patient's device as a folder: the person's file, the seed apart from it, and the genesis that it trusts. */
export class PatientDevice {
  readonly name: string
  readonly folder: string
  private readonly file: string
  private readonly genesisFile: string

  /** @param file `<folder>/people/<name>.json`, where --folder and --as find it @throws UsageError */
  constructor(file: string) {
    this.file = resolve(file)
    this.name = basename(this.file).replace(/\.json$/, "")
    const people = dirname(this.file)
    if (!this.file.endsWith(".json") || !NAME.test(this.name) || basename(people) !== "people")
      throw new UsageError(
        `--person ${file}: expected <folder>/people/<name>.json, such as phone/people/mei.json, where the other commands find it`,
      )
    this.folder = dirname(people)
    this.genesisFile = join(this.folder, "genesis.json")
  }

  /** Undefined: nobody is on this device yet. @throws PlatformError `bad_file` */
  read(): PatientFile | undefined {
    return existsSync(this.file) ? readJsonFile(this.file, patientFile, "patient's file") : undefined
  }

  /** The genesis of the network that the device belongs to; undefined: of none yet. @throws PlatformError `bad_file` */
  genesis(): SignedGenesis | undefined {
    return existsSync(this.genesisFile) ? readJsonFile(this.genesisFile, signedGenesis, "genesis") : undefined
  }

  /** The seed, which is made the first time. Durable when it returns. @throws PlatformError `bad_file` */
  seed(): Bytes {
    const file = this.seedFile()
    if (existsSync(file)) {
      const seed = fromHex(readFileSync(file, "utf8").trim())
      if (seed.length === 32) return seed
      throw new PlatformError("bad_file", `${file} is no seed: 64 hexadecimal digits`)
    }
    const seed = randomBytes(32)
    writeSecret(file, seed)
    return seed
  }

  private seedFile(): string {
    return this.read()?.seedFile ?? join(this.folder, "patients", this.name, "seed")
  }

  /**
   * Remembers a place before anything is signed for it: a device that does not know its handle has lost it.
   * @returns takes it back, where it was not known before
   */
  remember(place: PatientPlace, { name, birthDate }: PersonTold, genesis: SignedGenesis): () => void {
    if (!this.genesis()) writeNewJsonFile(this.genesisFile, signedGenesis.toJson(genesis))
    const before = this.read()
    const places = before?.places ?? []
    const others = places.filter((one) => !isSamePlace(one, place))
    const isKnown = others.length < places.length
    if (others.length >= MAX_PLACES)
      throw new PlatformError(
        "too_many_places",
        `${this.file} has ${MAX_PLACES} places already: join by another file (--person), which has a seed of its own`,
      )
    const words = [...(name ?? UNKNOWN)].slice(0, 50).join("")
    const base: PatientFile = before ?? {
      ...{ kind: "patient", name: this.name, nameEn: words, nameZh: words },
      ...{ birthDate: birthDate?.slice(0, 10) ?? UNKNOWN, node: place.url },
      ...{ seedFile: this.seedFile(), places: [] },
    }
    this.write({ ...base, places: [...others, place] })
    return () => {
      if (!isKnown) this.write({ ...base, places: others })
    }
  }

  private write(file: PatientFile): void {
    writeJsonFile(this.file, patientFile.toJson(file))
  }
}

/** As people read digits out. */
export const inThrees = (digits: string): string => `${digits.slice(0, 3)} ${digits.slice(3)}`
