import { isObject, type Json, JsonNumber, type JsonObject } from "../json.ts"

/** R4 datatypes (2.24): each member with what it holds, a list of them with `[]`. */
const SPECIFICATIONS = {
  Coding: "system:string version:string code:string display:string userSelected:boolean",
  CodeableConcept: "coding:Coding[] text:string",
  /** And Money, Age, Duration, Count, Distance. */
  Quantity: "value:number comparator:string unit:string system:string code:string currency:string",
  Range: "low:Quantity high:Quantity",
  Ratio: "numerator:Quantity denominator:Quantity",
  Period: "start:string end:string",
  Identifier: "use:string type:CodeableConcept system:string value:string period:Period assigner:Reference",
  Reference: "reference:string type:string identifier:Identifier display:string",
  SampledData:
    "origin:Quantity period:number factor:number lowerLimit:number upperLimit:number dimensions:number data:string",
  Attachment:
    "contentType:string language:string data:string url:string size:number hash:string title:string creation:string",
  HumanName:
    "use:string text:string family:string given:string[] prefix:string[] suffix:string[] period:Period",
  Annotation: "text:string time:string authorString:string authorReference:Reference",
  Timing: "event:string[] repeat:Repeat code:CodeableConcept",
  Repeat: `boundsDuration:Quantity boundsRange:Range boundsPeriod:Period count:number countMax:number duration:number
    durationMax:number durationUnit:string frequency:number frequencyMax:number period:number periodMax:number
    periodUnit:string dayOfWeek:string[] timeOfDay:string[] when:string[] offset:number`,
  Narrative: "status:string div:string",
} as const
export type Datatype = keyof typeof SPECIFICATIONS

type Holds = (value: Json) => boolean

const SCALARS: Readonly<Record<string, Holds>> = {
  string: (value) => typeof value === "string",
  number: (value) => value instanceof JsonNumber,
  boolean: (value) => typeof value === "boolean",
}

const MEMBERS = new Map<string, ReadonlyMap<string, Holds>>(
  Object.entries(SPECIFICATIONS).map(([name, members]) => [
    name,
    new Map(
      members.split(/\s+/).map((member) => {
        const [called, kind] = member.split(":")
        return [called, holds(kind)]
      }),
    ),
  ]),
)

function holds(kind: string): Holds {
  if (kind.endsWith("[]")) {
    const one = holds(kind.slice(0, -2))
    return (value) => Array.isArray(value) && value.every((part) => part === null || one(part))
  }
  return SCALARS[kind] ?? ((value) => isObject(value) && isWholly(kind as Datatype, value))
}

/**
 * Whether an object has no member but those of the datatype, each with what it holds there: a backbone element may have
 * one by the same name that holds something else.
 */
export function isWholly(type: Datatype, value: JsonObject): boolean {
  const members = MEMBERS.get(type)
  for (const name in value) {
    if (isAside(name)) continue
    const part = value[name]
    // null says nothing, of whatever kind it is.
    if (part !== null && members?.get(name)?.(part) !== true) return false
  }
  return true
}

/** The same of anything. */
export const isOfType = (type: Datatype, value: Json | undefined): value is JsonObject =>
  isObject(value) && isWholly(type, value)

/** What stands beside the members of any datatype. */
export const isAside = (name: string): boolean => name === "id" || name === "extension" || name[0] === "_"
