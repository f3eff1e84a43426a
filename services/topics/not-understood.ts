// Records of others in our own topics that this version cannot read: left out, and told once, with the place where each one is.
import { isObject } from './shapes.ts'

/** `why` in words that fit after "it is left out: ". `key` is empty where the record has none. */
export type NotUnderstood = { topic: string; partition: number; offset: number; key: string; why: string }

/** More are counted elsewhere, not kept. */
export const MOST_NOT_UNDERSTOOD = 100
const MAX_KEY = 200

/** Why a record cannot be read; `problem` says what its shape found. A newer major version is named as such: an update reads it. */
export function notUnderstood(
  place: { topic: string; partition: number; offset: number; key: string | null },
  problem: string,
  value?: unknown,
): NotUnderstood {
  const { topic, partition, offset, key } = place
  return { topic, partition, offset, key: (key ?? '').slice(0, MAX_KEY), why: newerVersion(value) ?? problem }
}

/** Our own records carry the major version 1. */
export const RECORD_VERSION = 1

/** What to say of a record of a newer major version; undefined for any other. */
export function newerVersion(value: unknown): string | undefined {
  const v = isObject(value) ? value.v : undefined
  return typeof v === 'number' && v > RECORD_VERSION
    ? `it is of a newer version (v ${v}, this one reads ${RECORD_VERSION}): update this service`
    : undefined
}
