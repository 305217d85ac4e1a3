export * from "./bundle.ts"
export * from "./compartment.ts"
