import type { SourceModule } from './source-module.ts'

/** The groups of modules that import each other in a circle, types included: Tarjan's algorithm. */
export function importCircles(modules: readonly SourceModule[]): string[][] {
  const importsOf = new Map(modules.map(({ path, imports }) => [path, imports]))
  const order = new Map<string, number>()
  const stack: string[] = []
  const circles: string[][] = []
  const visit = (path: string): number => {
    const number = order.size
    order.set(path, number)
    let low = number
    stack.push(path)
    for (const imported of importsOf.get(path) ?? []) {
      if (!importsOf.has(imported)) continue
      if (!order.has(imported)) low = Math.min(low, visit(imported))
      else if (stack.includes(imported)) low = Math.min(low, order.get(imported) ?? low)
    }
    if (low === number) {
      const circle = stack.splice(stack.indexOf(path))
      if (circle.length > 1) circles.push(circle.sort())
    }
    return low
  }
  for (const path of importsOf.keys()) if (!order.has(path)) visit(path)
  return circles
}
