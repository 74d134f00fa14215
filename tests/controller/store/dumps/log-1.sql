BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'log','m001_first','2026-03-05 04:00:00.000000+00:00');
CREATE TABLE fittings (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            meter INTEGER NOT NULL REFERENCES meters (id),
            serial TEXT NOT NULL DEFAULT '',
            unit TEXT NOT NULL,
            quantum TEXT NOT NULL,
            modulus INTEGER,
            since_ms INTEGER NOT NULL,
            first_count INTEGER
        );
INSERT INTO "fittings" VALUES(1,1,'','kWh','0.01',1000000,1772676000000,100);
CREATE TABLE intervals (
            meter INTEGER NOT NULL REFERENCES meters (id),
            start_ms INTEGER NOT NULL,
            revision INTEGER NOT NULL DEFAULT 0,
            end_ms INTEGER NOT NULL CHECK (end_ms > start_ms),
            fitting INTEGER NOT NULL REFERENCES fittings (id),
            from_ms INTEGER,
            count_start INTEGER CHECK (typeof(count_start) IN ('integer', 'null')),
            count_end INTEGER CHECK (typeof(count_end) IN ('integer', 'null')),
            consumption INTEGER CHECK (typeof(consumption) IN ('integer', 'null') AND consumption >= 0),
            peak INTEGER CHECK (typeof(peak) IN ('integer', 'null')),
            covered_s INTEGER NOT NULL CHECK (typeof(covered_s) = 'integer' AND covered_s >= 0),
            flags INTEGER NOT NULL CHECK (typeof(flags) = 'integer'),
            PRIMARY KEY (meter, start_ms, revision)
        ) WITHOUT ROWID;
INSERT INTO "intervals" VALUES(1,1772676000000,0,1772676900000,1,1772676000000,100,150,50,3500,890,0);
INSERT INTO "intervals" VALUES(1,1772676900000,0,1772677800000,1,1772676900000,150,NULL,NULL,3500,890,1);
INSERT INTO "intervals" VALUES(1,1772677800000,0,1772678700000,1,1772676900000,150,310,160,3500,890,3);
CREATE TABLE marks (
            meter INTEGER PRIMARY KEY REFERENCES meters (id),
            slot_ms INTEGER NOT NULL,
            anchor_ms INTEGER,
            anchor_count INTEGER,
            last_ms INTEGER,
            last_count INTEGER,
            wraps INTEGER NOT NULL,
            flags INTEGER NOT NULL
        );
INSERT INTO "marks" VALUES(1,1772678700000,1772678700000,310,1772678699000,310,0,0);
CREATE TABLE meters (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            point TEXT NOT NULL,
            quantity TEXT NOT NULL
        );
INSERT INTO "meters" VALUES(1,'main','main.energy','electricity');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX fittings_by_meter ON fittings (meter, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('meters',1);
INSERT INTO "sqlite_sequence" VALUES('fittings',1);
COMMIT;
