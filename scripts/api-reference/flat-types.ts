import {
  type ProjectReflection,
  type ReferenceType as Reference,
  ReferenceType,
  ReflectionKind,
  type SomeType,
} from 'typedoc'

/**
 * Resolves `Flat<…>`, the computed type of a schema, to a readable type.
 *
 * @returns the interface with the same properties, else the argument of `Flat`; undefined for all
 *   other types
 */
export function typeBehind(project: ProjectReflection, type: Reference): SomeType | undefined {
  const [flattened] = type.typeArguments ?? []
  if (type.name !== 'Flat' || flattened === undefined) return undefined
  const names = namesIn(flattened)
  const match = project.getReflectionsByKind(ReflectionKind.Interface).find(
    (one) =>
      one.isDeclaration() &&
      sameNames(
        names,
        one.children?.map(({ name }) => name),
      ),
  )
  return match ? ReferenceType.createResolvedReference(match.name, match, project) : flattened
}

function namesIn(type: SomeType): string[] {
  if (type.type === 'intersection') return type.types.flatMap(namesIn)
  return type.type === 'reflection' ? (type.declaration.children ?? []).map(({ name }) => name) : []
}

function sameNames(some: readonly string[], others: readonly string[] = []): boolean {
  return some.length > 0 && [...some].sort().join() === [...others].sort().join()
}
