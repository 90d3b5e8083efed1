import type { DatabaseSync } from 'node:sqlite'

/** Raised whenever a table changes: an index of another version is thrown away and built again from the log. */
export const formatVersion = 2

/**
 * Texts that anybody may make up (ids, sources, types, keys) are found by 48 bits of their hash, which makes an entry of an
 * index 10 bytes instead of 40; a query compares the text too. Rows without a rowid stand in the order of their place, so
 * what is appended to the log is appended here. The columns of a secondary index end in the place: pages are read off it.
 * What is open is told from its index alone, which also holds the state for that: 600,000 are counted by key in 50 ms, not 800.
 */
const tables = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE positions (
  topic TEXT, partition INTEGER, next INTEGER NOT NULL, PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
CREATE TABLE words (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE streams (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, topic TEXT NOT NULL, created_at TEXT NOT NULL, UNIQUE (name, created_at)
);
CREATE TABLE subscriptions (
  id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, name TEXT NOT NULL, stream TEXT NOT NULL
);
CREATE INDEX subscriptions_by_name ON subscriptions (name);

CREATE TABLE events (
  stream INTEGER, partition INTEGER, offset INTEGER, stored_ms INTEGER NOT NULL,
  id TEXT NOT NULL, source TEXT NOT NULL, type TEXT NOT NULL, key TEXT,
  id_hash INTEGER NOT NULL, webhook_hash INTEGER NOT NULL, source_hash INTEGER NOT NULL, type_hash INTEGER NOT NULL,
  key_hash INTEGER, bytes INTEGER NOT NULL, content_type INTEGER, trace_id TEXT, accepted_ms INTEGER, accepted_by INTEGER,
  PRIMARY KEY (stream, partition, offset)
) WITHOUT ROWID;
CREATE INDEX events_by_time ON events (stored_ms);
CREATE INDEX events_by_stream ON events (stream, stored_ms);
CREATE INDEX events_by_id ON events (id_hash);
CREATE INDEX events_by_webhook ON events (webhook_hash);
CREATE INDEX events_by_source ON events (source_hash, stored_ms);
CREATE INDEX events_by_type ON events (type_hash, stored_ms);
CREATE INDEX events_by_key ON events (key_hash, stored_ms);

CREATE TABLE deliveries (
  subscription INTEGER, partition INTEGER, offset INTEGER, at_ms INTEGER NOT NULL, state INTEGER NOT NULL,
  attempts INTEGER NOT NULL, first_ms INTEGER, next_ms INTEGER, behind INTEGER, because TEXT,
  type TEXT, key TEXT, type_hash INTEGER, key_hash INTEGER, target INTEGER, first_try TEXT,
  PRIMARY KEY (subscription, partition, offset)
) WITHOUT ROWID;
CREATE INDEX deliveries_by_time ON deliveries (at_ms);
CREATE INDEX deliveries_by_subscription ON deliveries (subscription, at_ms);
CREATE INDEX deliveries_by_state ON deliveries (state, at_ms) WHERE state > 0;
CREATE INDEX deliveries_by_type ON deliveries (type_hash, at_ms);
CREATE INDEX deliveries_by_key ON deliveries (key_hash, at_ms);
CREATE INDEX deliveries_by_target ON deliveries (target, at_ms);
CREATE INDEX deliveries_open ON deliveries (subscription, partition, key_hash, offset, state) WHERE state BETWEEN 1 AND 3;

CREATE TABLE turns (
  subscription INTEGER, partition INTEGER, offset INTEGER, log_offset INTEGER, number INTEGER, told TEXT NOT NULL,
  PRIMARY KEY (subscription, partition, offset, log_offset, number)
) WITHOUT ROWID;
CREATE TABLE ranges (
  subscription INTEGER, partition INTEGER, until_offset INTEGER, from_offset INTEGER, at_ms INTEGER NOT NULL,
  expired INTEGER NOT NULL, PRIMARY KEY (subscription, partition, until_offset, from_offset, at_ms)
) WITHOUT ROWID;
CREATE INDEX ranges_by_time ON ranges (at_ms);
CREATE TABLE comparisons (
  subscription INTEGER, partition INTEGER, offset INTEGER, log_offset INTEGER, number INTEGER, told TEXT NOT NULL,
  PRIMARY KEY (subscription, partition, offset, log_offset, number)
) WITHOUT ROWID;

CREATE TABLE letters (
  subscription INTEGER, partition INTEGER, offset INTEGER, at_partition INTEGER NOT NULL, at_offset INTEGER NOT NULL,
  dead_ms INTEGER NOT NULL, id_hash INTEGER NOT NULL, webhook_hash INTEGER NOT NULL, settled TEXT, settled_ms INTEGER,
  told TEXT NOT NULL,
  PRIMARY KEY (subscription, partition, offset)
) WITHOUT ROWID;
CREATE INDEX letters_by_time ON letters (dead_ms);
CREATE INDEX letters_by_id ON letters (id_hash);
CREATE INDEX letters_by_webhook ON letters (webhook_hash);

CREATE TABLE audit (
  offset INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, told TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit (at_ms);
CREATE TABLE history (
  series TEXT, minute INTEGER, value REAL NOT NULL, PRIMARY KEY (series, minute)
) WITHOUT ROWID;
CREATE INDEX history_by_minute ON history (minute);
`

/** Makes the tables of an empty database. `installation`: whose log it is about. */
export function createTables(db: DatabaseSync, installation: string): void {
  db.exec('BEGIN')
  db.exec(tables)
  db.prepare('INSERT INTO meta VALUES (?, ?)').run('installation', installation)
  db.exec(`PRAGMA user_version = ${formatVersion}`)
  db.exec('COMMIT')
}

/** Whether the tables are those of this version, and about this installation. Throws when the file is damaged. */
export function isOurs(db: DatabaseSync, installation: string): boolean {
  const version = db.prepare('PRAGMA user_version').get()?.user_version
  if (version !== formatVersion) return false
  return db.prepare('SELECT value FROM meta WHERE name = ?').get('installation')?.value === installation
}
