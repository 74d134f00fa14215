BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'control','m001_first','2026-03-05 04:00:00.000000+00:00');
CREATE TABLE boots (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            started_ms INTEGER NOT NULL,
            trusted INTEGER NOT NULL,
            version TEXT NOT NULL,
            plan TEXT NOT NULL,
            seen_ms INTEGER NOT NULL,
            ended_ms INTEGER,
            detail TEXT NOT NULL DEFAULT ''
        );
INSERT INTO "boots" VALUES(1,1772683200000,1,'0.1.0','abababababababababababababababababababababababababababababababab',1772683205000,1772683205000,'SIGTERM');
INSERT INTO "boots" VALUES(2,1772683209000,1,'0.1.0','abababababababababababababababababababababababababababababababab',1772683260000,NULL,'');
CREATE TABLE ledger (
            seq INTEGER PRIMARY KEY,
            time_ms INTEGER NOT NULL,
            kind TEXT NOT NULL,
            point TEXT NOT NULL,
            value TEXT NOT NULL,
            slot INTEGER NOT NULL,
            who TEXT NOT NULL,
            why TEXT NOT NULL,
            source TEXT NOT NULL,
            fate TEXT NOT NULL,
            detail TEXT NOT NULL,
            hash BLOB NOT NULL
        );
INSERT INTO "ledger" VALUES(1,1772683200000,'start','','null',0,'','','','','boot 1',X'44041337D480C925499A57F7F32DC8E7077D3934F8ABCA0A177B4565C655D9C2');
INSERT INTO "ledger" VALUES(2,1772683205000,'stop','','null',0,'','','','','',X'E46F31F48D1DD5F6419999003A6D7835E18438170AA6FF3F0BD0D2BD3AA6F7D1');
INSERT INTO "ledger" VALUES(3,1772683209000,'start','','null',0,'','','','','',X'B330A6E4541CD89BB4136B5D32BB92ABDC62BCB4CAC87D6A889EBD20FD7D8CC2');
INSERT INTO "ledger" VALUES(4,1772683210000,'command','lamp.level','30.0',8,'王工 (li)','会议','','','',X'9A8BD28A8493051DCCE31C5D99224B5C6B92028BE23A2431529EC9AC39EFA585');
INSERT INTO "ledger" VALUES(5,1772683211000,'read-back','lamp.level','30.0',8,'','','schedules/lighting.yaml:3:5','read-back','',X'91EC6472BB5E1BF6CB28D786F6BDBD460245E982DFA1FDFF8EB14AD0D758AA59');
CREATE TABLE locks (
            target TEXT PRIMARY KEY,
            person TEXT NOT NULL,
            reason TEXT NOT NULL,
            since_ms INTEGER NOT NULL
        ) WITHOUT ROWID;
INSERT INTO "locks" VALUES('pump-1','li','挂牌检修',1772683211000);
CREATE TABLE observe (
            target TEXT PRIMARY KEY,
            observing INTEGER NOT NULL CHECK (observing IN (0, 1)),
            person TEXT NOT NULL,
            reason TEXT NOT NULL,
            since_ms INTEGER NOT NULL
        ) WITHOUT ROWID;
INSERT INTO "observe" VALUES('',0,'li','',1772683212000);
CREATE TABLE outputs (
            point TEXT PRIMARY KEY,
            value TEXT NOT NULL,
            slot INTEGER NOT NULL,
            since_ms INTEGER NOT NULL,
            slots_left TEXT NOT NULL
        ) WITHOUT ROWID;
INSERT INTO "outputs" VALUES('lamp.level','30.0',8,1772683210000,'10 15');
CREATE TABLE overrides (
            point TEXT NOT NULL,
            slot INTEGER NOT NULL CHECK (slot BETWEEN 5 AND 15),
            value TEXT NOT NULL,
            person TEXT NOT NULL,
            reason TEXT NOT NULL,
            set_ms INTEGER NOT NULL,
            expires_ms INTEGER NOT NULL,
            PRIMARY KEY (point, slot)
        ) WITHOUT ROWID;
INSERT INTO "overrides" VALUES('lamp.level',8,'30.0','王工 (li)','会议',1772683210000,1772690400000);
CREATE TABLE plans (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            hash TEXT NOT NULL,
            accepted_ms INTEGER NOT NULL,
            person TEXT NOT NULL,
            detail TEXT NOT NULL DEFAULT ''
        );
INSERT INTO "plans" VALUES(1,'abababababababababababababababababababababababababababababababab',1772683200000,'li','first');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX ledger_by_point ON ledger (point, seq);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('boots',2);
INSERT INTO "sqlite_sequence" VALUES('plans',1);
COMMIT;
