export type OrganisationId = "city-hospital" | "county-hospital" | "community-clinic"

export interface StaffMember {
  readonly number: string
  readonly nameEn: string
  readonly nameZh: string
}

export interface DemoOrganisation {
  readonly id: OrganisationId
  readonly nameEn: string
  readonly nameZh: string
  readonly mrnPrefix: string
  readonly staff: readonly StaffMember[]
}

/** The organisation-scoped identifier system of the given kind. */
export function localSystem(
  organisation: OrganisationId,
  kind: "mrn" | "staff" | "encounter" | "claim",
): string {
  return `https://${organisation}.example/${kind}`
}

export const organisations: Readonly<Record<OrganisationId, DemoOrganisation>> = {
  "city-hospital": {
    id: "city-hospital",
    nameEn: "City Hospital",
    nameZh: "市立医院",
    mrnPrefix: "CI",
    staff: [
      { number: "1001", nameEn: "Lin Xiaohong", nameZh: "林晓红" },
      { number: "1002", nameEn: "Guo Zhiyuan", nameZh: "郭志远" },
      { number: "1003", nameEn: "He Min", nameZh: "何敏" },
    ],
  },
  "county-hospital": {
    id: "county-hospital",
    nameEn: "County Hospital",
    nameZh: "县医院",
    mrnPrefix: "CO",
    staff: [
      { number: "2001", nameEn: "Luo Yongqiang", nameZh: "罗永强" },
      { number: "2002", nameEn: "Gao Lijuan", nameZh: "高丽娟" },
      { number: "2003", nameEn: "Zheng Bin", nameZh: "郑斌" },
    ],
  },
  "community-clinic": {
    id: "community-clinic",
    nameEn: "Community Clinic",
    nameZh: "社区卫生服务中心",
    mrnPrefix: "CL",
    staff: [
      { number: "3001", nameEn: "Liang Xiulan", nameZh: "梁秀兰" },
      { number: "3002", nameEn: "Xie Jianping", nameZh: "谢建平" },
    ],
  },
}
