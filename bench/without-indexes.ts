// Loaded into a registry before it starts: disables its query indexes, to measure their cost.
const { AgentIndex } = await import(
  new URL('../packages/server/dist/storage/live/indexes/agent-index.js', import.meta.url).href
)
Object.assign(AgentIndex.prototype, {
  add: () => undefined,
  remove: () => undefined,
  fill: () => undefined,
  change: (_lease: unknown, _next: unknown, become: () => void) => become(),
  candidates: () => undefined,
})
