import { MemoryAgentRegistryRepository } from '../src/index.ts'
import { repositoryConformance } from '../src/testing/index.ts'

repositoryConformance({
  name: 'memory',
  toleratedDelayMs: 250,
  open: (context) => new MemoryAgentRegistryRepository(context),
})
