/** The organisations of the demonstration consortium. */
export interface DemoOrganisation {
  readonly member: string
  readonly name: string
  readonly kind: "authority" | "custodian" | "insurer" | "office"
  readonly staff: readonly {
    readonly name: string
    readonly isAdministrator: boolean
    readonly role?: string
  }[]
}

export const organisations: readonly DemoOrganisation[] = [
  {
    member: "city-hospital",
    name: "City Hospital",
    kind: "custodian",
    staff: [
      { name: "city-admin", isAdministrator: true },
      { name: "city-registrar", isAdministrator: true, role: "patient-relations" },
      { name: "city-doctor", isAdministrator: false, role: "doctor" },
    ],
  },
  {
    member: "county-hospital",
    name: "County Hospital",
    kind: "custodian",
    staff: [
      { name: "county-admin", isAdministrator: true },
      { name: "county-doctor", isAdministrator: false, role: "doctor" },
    ],
  },
  {
    member: "community-clinic",
    name: "Community Clinic",
    kind: "custodian",
    staff: [
      { name: "clinic-admin", isAdministrator: true },
      { name: "clinic-doctor", isAdministrator: false, role: "doctor" },
    ],
  },
  {
    member: "insurer",
    name: "National Health Insurance",
    kind: "insurer",
    staff: [{ name: "insurer", isAdministrator: true, role: "claims-officer" }],
  },
  {
    member: "authority",
    name: "National Health Authority",
    kind: "authority",
    staff: [{ name: "authority", isAdministrator: true, role: "complaints-officer" }],
  },
  {
    member: "visa-office",
    name: "Visa Office",
    kind: "office",
    staff: [
      { name: "visa-admin", isAdministrator: true },
      { name: "visa-officer", isAdministrator: false, role: "visa-officer" },
    ],
  },
]

export const FOUNDER = "authority"
