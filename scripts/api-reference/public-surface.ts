import {
  ContainerReflection,
  type DeclarationReflection,
  type ProjectReflection,
  ReferenceReflection,
  ReflectionKind,
  type SomeType,
} from 'typedoc'

/**
 * Removes redundant members from the pages: inherited members are documented at the base class, and the
 * `name` of an error repeats its class.
 */
export function leaveOutNoise(project: ProjectReflection): void {
  for (const type of project.getReflectionsByKind(ReflectionKind.ClassOrInterface)) {
    if (!type.isDeclaration()) continue
    const bases = type.extendedTypes?.filter(isKnown) ?? []
    if (bases.length > 0) type.extendedTypes = bases
    else delete type.extendedTypes
    for (const member of [...(type.children ?? [])]) {
      if (isNoise(member)) leaveOut(project, member)
    }
  }
  for (const reference of project.getReflectionsByKind(ReflectionKind.Reference)) {
    if (!(reference instanceof ReferenceReflection)) continue
    const { comment } = reference.getTargetReflection()
    if (comment) reference.comment = comment
  }
}

/** Returns whether the reader can look up a base class: it is exported or part of TypeScript. */
function isKnown(base: SomeType): boolean {
  return base.type !== 'reference' || base.reflection !== undefined || base.package === 'typescript'
}

/** Removes line numbers, which would change with every commit. Modules keep their source file. */
export function forgetLines(project: ProjectReflection): void {
  for (const reflection of Object.values(project.reflections)) {
    if (reflection.isDeclaration() || reflection.isSignature()) {
      if (!reflection.kindOf(ReflectionKind.Module)) delete reflection.sources
    }
  }
}

/** Removes a declaration, also from the tables of contents, which already exist at this point. */
export function leaveOut(project: ProjectReflection, reflection: DeclarationReflection): void {
  const { parent } = reflection
  project.removeReflection(reflection)
  if (!(parent instanceof ContainerReflection) || !parent.groups) return
  for (const group of parent.groups) {
    group.children = group.children.filter((child) => child !== reflection)
  }
  parent.groups = parent.groups.filter(({ children }) => children.length > 0)
}

function isNoise(member: DeclarationReflection): boolean {
  const { name, inheritedFrom, overwrites, parent } = member
  if (name === '[asyncDispose]') return true
  // Interfaces of options keep inherited members, so that all options are listed together.
  if (!parent?.kindOf(ReflectionKind.Class)) return false
  return inheritedFrom !== undefined || (name === 'name' && overwrites !== undefined)
}
