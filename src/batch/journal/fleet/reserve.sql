-- Grants up to $4 requests of a rate limit, to be sent within $6 seconds, or tells how many seconds to wait.
--
-- $1 name, $2 limit, $3 its period in seconds, $5 whether the requests are of a batch, $7 requests at once and $8 seconds for each
-- other one at an even pace (0: none). The first call makes the row and grants nothing.
--
-- ON CONFLICT DO UPDATE locks the row and computes from its latest version. A grant counts until a period after the last moment at
-- which it may be used, rounded up to a quarter of a second, so that a row has at most four entries per second.
INSERT INTO pruna_rate_window AS rate (name) VALUES ($1)
ON CONFLICT (name) DO UPDATE SET (ends, counts, urgent, urgent_at, even, granted, wait) = (
    WITH clock AS MATERIALIZED (SELECT extract(epoch FROM clock_timestamp())::float8 AS now),
    -- The grants of the last period, and how many there were from each on. A clock that was set back makes none last longer.
    log AS MATERIALIZED (
        SELECT ends, count, urgent, sum(count) OVER (ORDER BY ends DESC) AS since
        FROM (SELECT least(past.ends, now + $3::float8) AS ends, sum(past.count)::int AS count, sum(past.urgent)::int AS urgent
              FROM clock, unnest(rate.ends, rate.counts, rate.urgent) AS past (ends, count, urgent)
              WHERE past.ends > now - $3::float8 GROUP BY 1) AS recent),
    used AS (SELECT coalesce(sum(count), 0) AS count, coalesce(sum(urgent), 0) AS urgent FROM log),
    -- Batches leave something to other requests, once there were any in the last ten minutes (src/limits/reserve.rs).
    rule AS (
        SELECT now, greatest(least(rate.even, now + $3::float8), now) AS even, $2::int - CASE
            WHEN $5::bool AND rate.urgent_at > now - 600
            THEN greatest(0, least(greatest($2::int / 20, 1, 2 * used.urgent), $2::int / 2) - used.urgent)
            ELSE 0 END AS allowed
        FROM clock, used),
    answer AS (
        SELECT now, rule.even, allowed, greatest(0, least($4::int, allowed - used.count,
            CASE WHEN $8::float8 > 0 THEN $7::int - ceil((rule.even - now) / $8::float8) ELSE $4::int END))::int AS granted
        FROM rule, used),
    new_log AS (
        SELECT ends, sum(count)::int AS count, sum(urgent)::int AS urgent
        FROM (SELECT ends, count, urgent FROM log
              UNION ALL
              SELECT ceil((now + $6::float8) * 4) / 4, granted, CASE WHEN $5::bool THEN 0 ELSE granted END
              FROM answer WHERE granted > 0) AS grants
        GROUP BY ends)
    SELECT
        (SELECT coalesce(array_agg(ends ORDER BY ends), '{}') FROM new_log),
        (SELECT coalesce(array_agg(count ORDER BY ends), '{}') FROM new_log),
        (SELECT coalesce(array_agg(urgent ORDER BY ends), '{}') FROM new_log),
        CASE WHEN granted > 0 AND NOT $5::bool THEN now ELSE rate.urgent_at END,
        answer.even + granted * $8::float8,
        granted,
        CASE WHEN granted > 0 THEN 0 ELSE greatest(0,
            (SELECT max(ends) FROM log WHERE since >= allowed) + $3::float8 - now,
            answer.even - ($7::int - 1) * $8::float8 - now) END
    FROM answer)
RETURNING granted, wait
