export * from "./bundle.ts"
export * from "./compartment.ts"
export * from "./stamp.ts"
