export * from "./bundle.ts"
export * from "./compartment.ts"
export * from "./relocate.ts"
export * from "./stamp.ts"
