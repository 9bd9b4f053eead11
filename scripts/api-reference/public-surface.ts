import {
  ContainerReflection,
  type DeclarationReflection,
  type ProjectReflection,
  ReferenceReflection,
  ReflectionKind,
  type SomeType,
} from 'typedoc'

/**
 * Takes out what the pages are easier to read without: what a class inherits stands at the class it
 * inherits from, and that an error has a name is no news.
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

/** A base class that nobody can import means nothing to the reader. */
function isKnown(base: SomeType): boolean {
  return base.type !== 'reference' || base.reflection !== undefined || base.package === 'typescript'
}

/** Line numbers would change with every commit; only pages still tell where they come from. */
export function forgetLines(project: ProjectReflection): void {
  for (const reflection of Object.values(project.reflections)) {
    if (reflection.isDeclaration() || reflection.isSignature()) {
      if (!reflection.kindOf(ReflectionKind.Module)) delete reflection.sources
    }
  }
}

/** Takes one thing out, also from the tables of contents, which are older than this decision. */
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
  // Options are easier to choose from when all of them stand together.
  if (!parent?.kindOf(ReflectionKind.Class)) return false
  return inheritedFrom !== undefined || (name === 'name' && overwrites !== undefined)
}
