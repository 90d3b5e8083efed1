import type { TSchema } from 'typebox'
import type { Route } from './route.ts'

/** The answers that a resource's routes document; problems are added to every route by the OpenAPI document. */
export const documented = {
  one: (schema: TSchema): Route['answers'] => ({ 200: { description: 'As it is now.', schema, etag: true } }),
  many: (schema: TSchema): Route['answers'] => ({ 200: { description: 'Newest first.', schema } }),
  put: (schema: TSchema): Route['answers'] => ({
    200: { description: 'The definition was replaced.', schema, etag: true },
    201: { description: 'It was created.', schema, etag: true },
  }),
  created: (schema: TSchema): Route['answers'] => ({ 201: { description: 'It was created.', schema, etag: true } }),
  gone: { 204: { description: 'It is gone.' } } as Route['answers'],
}
