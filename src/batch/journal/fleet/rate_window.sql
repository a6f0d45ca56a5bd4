-- The grants of each rate limit, oldest first: the last moment at which they may be used, their number, how many of them were not for
-- a batch; when there was last one of these; when an even pace allows the next; the last answer.
CREATE TABLE IF NOT EXISTS pruna_rate_window (
    name text PRIMARY KEY,
    ends float8[] NOT NULL DEFAULT '{}',
    counts int[] NOT NULL DEFAULT '{}',
    urgent int[] NOT NULL DEFAULT '{}',
    urgent_at float8,
    even float8 NOT NULL DEFAULT 0,
    granted int NOT NULL DEFAULT 0,
    wait float8 NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
