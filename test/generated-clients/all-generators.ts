import type { Generator } from './generator.ts'
import { oapiCodegen, ogen } from './go-clients.ts'
import { heyApi, openapiTypescript, orval } from './npm-clients.ts'
import {
  openapiGeneratorGo,
  openapiGeneratorJava,
  openapiGeneratorPython,
} from './openapi-generator-clients.ts'
import { openapiPythonClient } from './python-client.ts'

/** All generators, in the order of the table. */
export const GENERATORS: readonly Generator[] = [
  openapiTypescript,
  heyApi,
  orval,
  openapiPythonClient,
  openapiGeneratorJava,
  openapiGeneratorPython,
  openapiGeneratorGo,
  oapiCodegen,
  ogen,
]
