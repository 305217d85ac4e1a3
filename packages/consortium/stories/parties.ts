import type { JsonObject } from "./json.ts"
import type { OrganisationId, StaffMember } from "./organisations.ts"
import { localSystem, organisations } from "./organisations.ts"
import type { Identifier, Person } from "./people.ts"
import type { Resource } from "./resources.ts"

/** Who takes part in a visit. Each has the one identifier by which an organisation knows it again. */

export interface Party {
  readonly knownBy: Identifier
  readonly resource: Resource
}

export function organization(id: OrganisationId): Party {
  const { nameEn, nameZh } = organisations[id]
  const knownBy = { system: "https://consortium.example/organisation", value: id }
  return {
    knownBy,
    resource: {
      resourceType: "Organization",
      identifier: [knownBy],
      active: true,
      name: nameEn,
      alias: [nameZh],
    },
  }
}

export function practitioner(organisation: OrganisationId, { number, nameEn, nameZh }: StaffMember): Party {
  const knownBy = { system: localSystem(organisation, "staff"), value: number }
  return {
    knownBy,
    resource: {
      resourceType: "Practitioner",
      identifier: [knownBy],
      active: true,
      name: [
        { use: "official", text: nameZh },
        { use: "usual", text: nameEn },
      ],
    },
  }
}

export function patient(
  { resident, zh, en, gender, birthDate }: Person,
  { mrn, custodian }: { mrn: Identifier; custodian: JsonObject },
): Party {
  return {
    knownBy: mrn,
    resource: {
      resourceType: "Patient",
      identifier: [
        { use: "official", ...resident },
        { use: "usual", ...mrn },
      ],
      active: true,
      name: [
        { use: "official", text: zh.text, family: zh.family, given: [zh.given] },
        { use: "usual", text: en.text, family: en.family, given: [en.given] },
      ],
      gender,
      birthDate,
      managingOrganization: custodian,
    },
  }
}
