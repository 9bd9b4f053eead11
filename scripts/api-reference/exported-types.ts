import { makeRecursiveVisitor, type ProjectReflection, type ReferenceType } from 'typedoc'

/** The entry for schema authors; it has no page. */
const SCHEMA_ENTRY = 'src/json-schema.ts'

/** @returns a message for each type of Rollcall that an export uses but no entry exports */
export function findUnexported(project: ProjectReflection): string[] {
  const users = new Map<string, string>()
  for (const reflection of Object.values(project.reflections)) {
    if (!(reflection.isDeclaration() || reflection.isSignature() || reflection.isParameter()))
      continue
    const visitor = makeRecursiveVisitor({
      reference(type) {
        if (isUnexported(type)) users.set(type.name, reflection.getFriendlyFullName())
      },
    })
    reflection.type?.visit(visitor)
    if (!reflection.isDeclaration()) continue
    for (const base of [
      ...(reflection.extendedTypes ?? []),
      ...(reflection.implementedTypes ?? []),
    ]) {
      base.visit(visitor)
    }
  }
  return [...users].map(([name, user]) => `${name} is used by ${user}, but not exported`)
}

function isUnexported(type: ReferenceType): boolean {
  const isOurs = type.package?.startsWith('@rollcall/') ?? false
  if (!isOurs || type.reflection || type.refersToTypeParameter) return false
  return type.symbolId?.packagePath !== SCHEMA_ENTRY
}
