import type { StaffClient } from "@aceso/client"

/** The organisation's own patients. */
export const patientCalls = (client: StaffClient) => ({
  patients: (search: string | undefined, after: number) =>
    client.patients({ ...(search !== undefined && { search }), after, limit: 50 }),
  patient: (alias: string) => client.patient(alias),
})
