import { join } from 'node:path'
import { SqliteAgentRegistryRepository } from '../src/index.ts'
import { repositoryConformance } from '../src/testing/index.ts'

repositoryConformance({
  name: 'sqlite',
  toleratedDelayMs: 250,
  durable: true,
  open: (context) => SqliteAgentRegistryRepository.open(join(context.folder, 'agents.db'), context),
})
