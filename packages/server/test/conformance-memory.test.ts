import { MemoryAgentRegistryRepository } from '../src/index.ts'
import { repositoryConformance } from '../src/testing/index.ts'

repositoryConformance({
  name: 'memory',
  forgivenDelayMs: 250,
  open: (context) => new MemoryAgentRegistryRepository(context),
})
