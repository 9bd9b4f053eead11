import { existsSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Generator, Workspace } from './generator.ts'
import { goModule, goProgram } from './go-clients.ts'
import { programSource } from './program-source.ts'
import { pythonProgram, virtualEnvironment } from './python-client.ts'
import { VERSIONS } from './versions.ts'

const version = VERSIONS.openapiGenerator

export const openapiGeneratorJava: Generator = {
  name: 'openapi-generator-java',
  version,
  needs: ['java', 'mvn'],
  build: async (workspace) => {
    await generate(workspace, 'java', '--library', 'native')
    const client = join(workspace.folder, 'client')
    await copyFile(
      programSource('OpenapiGenerator.java'),
      join(client, 'src/main/java/OpenapiGenerator.java'),
    )
    const copy = dependencyPlugin('copy-dependencies')
    const args = ['-q', '-B', 'compile', copy, '-DincludeScope=runtime', '-DoutputDirectory=lib']
    await workspace.run('mvn', args, { cwd: client })
    const classPath = [join(client, 'target/classes'), join(client, 'lib/*')].join(delimiter)
    return ['java', '-cp', classPath, 'OpenapiGenerator']
  },
}

export const openapiGeneratorPython: Generator = {
  name: 'openapi-generator-python',
  version,
  needs: ['java', 'mvn', 'python3'],
  build: async (workspace) => {
    await generate(workspace, 'python')
    const python = await virtualEnvironment(workspace)
    return pythonProgram(workspace, python, 'openapi_generator.py')
  },
}

export const openapiGeneratorGo: Generator = {
  name: 'openapi-generator-go',
  version,
  needs: ['java', 'mvn', 'go'],
  build: async (workspace) => {
    await goModule(workspace)
    await generate(
      workspace,
      'go',
      '--additional-properties=packageName=client,withGoMod=false',
      '--global-property=apiTests=false,modelTests=false',
    )
    return goProgram(workspace, 'openapi-generator.go')
  },
}

/** Generates a client into the folder `client`. */
async function generate(
  workspace: Workspace,
  language: string,
  ...options: readonly string[]
): Promise<void> {
  const jar = await generatorJar(workspace)
  const where = ['-i', workspace.document, '-o', 'client', '-g', language]
  await workspace.run('java', ['-jar', jar, 'generate', ...where, ...options])
}

async function generatorJar({ sharedFolder, run }: Workspace): Promise<string> {
  const jar = join(sharedFolder, `openapi-generator-cli-${version}.jar`)
  if (existsSync(jar)) return jar
  const artifact = `-Dartifact=org.openapitools:openapi-generator-cli:${version}`
  await run('mvn', [
    '-q',
    '-B',
    dependencyPlugin('copy'),
    artifact,
    `-DoutputDirectory=${sharedFolder}`,
  ])
  return jar
}

function dependencyPlugin(goal: string): string {
  const plugin = 'org.apache.maven.plugins:maven-dependency-plugin'
  return `${plugin}:${VERSIONS.mavenDependencyPlugin}:${goal}`
}
