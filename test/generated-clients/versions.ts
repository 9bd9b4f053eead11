/** Tested versions of the generators, and of the dependencies of their clients. */
export const VERSIONS = {
  openapiTypescript: '7.13.0',
  openapiFetch: '0.17.0',
  heyApi: '0.99.0',
  orval: '8.38.0',
  /** Compiles the TypeScript clients. */
  typescript: '5.9.3',
  nodeTypes: '24.10.1',
  openapiPythonClient: '0.29.1',
  openapiGenerator: '7.25.0',
  mavenDependencyPlugin: '3.8.1',
  oapiCodegen: 'v2.8.2',
  oapiCodegenRuntime: 'v1.9.0',
  ogen: 'v1.24.0',
} as const
