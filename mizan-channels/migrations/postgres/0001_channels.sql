-- The logs of groups. A log is identified by a hash of its group. Messages after `floor` are kept, and `top` is the offset
-- of the newest one. After `messages_until`, all messages are older than their maximum age.
--
-- A transaction that appends a message locks the row of the log until it ends, so that the messages of a log become visible
-- in the order of their offsets.
CREATE TABLE mizan_channels_logs (
    id BYTEA NOT NULL PRIMARY KEY,
    generation TEXT NOT NULL,
    epoch TEXT NOT NULL,
    floor BIGINT NOT NULL,
    top BIGINT NOT NULL,
    messages_until TIMESTAMPTZ NOT NULL,
    remove_at TIMESTAMPTZ NOT NULL
) WITH (fillfactor = 50);

CREATE INDEX mizan_channels_logs_remove_at ON mizan_channels_logs (remove_at);

CREATE TABLE mizan_channels_messages (
    log BYTEA NOT NULL,
    "offset" BIGINT NOT NULL,
    published_at TIMESTAMPTZ NOT NULL,
    publication BYTEA NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (log, "offset")
);

-- The positions of publications by idempotency key. The outcome of a repeated publication is kept under its id.
CREATE TABLE mizan_channels_keys (
    log BYTEA NOT NULL,
    key BYTEA NOT NULL,
    epoch TEXT NOT NULL,
    "offset" BIGINT NOT NULL,
    remove_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT mizan_channels_keys_pkey PRIMARY KEY (log, key)
);

CREATE INDEX mizan_channels_keys_remove_at ON mizan_channels_keys (remove_at);

-- The presence of a group is kept under the id of its presence log. The connections of a server expire together.
CREATE TABLE mizan_channels_servers (
    id BYTEA NOT NULL PRIMARY KEY,
    expires_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE mizan_channels_connections (
    log BYTEA NOT NULL,
    connection BYTEA NOT NULL,
    member BYTEA NOT NULL,
    server BYTEA NOT NULL,
    CONSTRAINT mizan_channels_connections_pkey PRIMARY KEY (log, connection)
);

CREATE INDEX mizan_channels_connections_member ON mizan_channels_connections (log, member);
CREATE INDEX mizan_channels_connections_server ON mizan_channels_connections (server);

-- `leave` is the message to publish when the member leaves.
CREATE TABLE mizan_channels_members (
    log BYTEA NOT NULL,
    member BYTEA NOT NULL,
    info BYTEA NOT NULL,
    leave BYTEA NOT NULL,
    CONSTRAINT mizan_channels_members_pkey PRIMARY KEY (log, member)
);

-- Identifies the history of the data: the cluster, the database, the table and the timeline. A dump that is restored creates
-- another table, and a replica that is promoted begins a new timeline.
CREATE FUNCTION mizan_channels_generation() RETURNS TEXT LANGUAGE sql STABLE AS $$
    SELECT concat_ws('.', c.system_identifier, d.oid, 'mizan_channels_logs'::regclass::oid,
        left(pg_walfile_name(pg_current_wal_lsn()), 8))
    FROM pg_control_system() AS c, pg_database AS d
    WHERE d.datname = current_database()
$$;

-- Locks a log, and returns it. Starts the epoch `fresh` if there is no log, if the log is of another generation, because its
-- offsets may have been assigned before, or if it has lost messages: a server has read it to `top` in `epoch`.
CREATE FUNCTION mizan_channels_open(p_log BYTEA, p_fresh TEXT, p_epoch TEXT, p_top BIGINT) RETURNS mizan_channels_logs
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '2s' AS $$
#variable_conflict use_column
DECLARE
    v_log mizan_channels_logs;
    v_generation TEXT := mizan_channels_generation();
BEGIN
    SELECT * INTO v_log FROM mizan_channels_logs AS l WHERE l.id = p_log FOR UPDATE;
    IF v_log.generation = v_generation AND (v_log.epoch <> p_epoch OR v_log.top >= p_top) IS NOT FALSE THEN
        RETURN v_log;
    END IF;
    INSERT INTO mizan_channels_logs AS l
    VALUES (p_log, v_generation, p_fresh, 0, 0, now(), clock_timestamp() + interval '1 hour')
    ON CONFLICT (id) DO UPDATE SET generation = excluded.generation, epoch = excluded.epoch, floor = 0, top = 0
    WHERE l.generation <> excluded.generation OR l.epoch = p_epoch AND l.top < p_top;
    IF FOUND THEN
        DELETE FROM mizan_channels_messages AS m WHERE m.log = p_log;
        PERFORM pg_notify('mizan_channels_changed', encode(p_log, 'hex'));
    END IF;
    SELECT * INTO STRICT v_log FROM mizan_channels_logs AS l WHERE l.id = p_log FOR UPDATE;
    RETURN v_log;
END
$$;

-- Appends a message to a locked log, and returns its offset. Removes at most 64 messages that are not kept any more.
CREATE FUNCTION mizan_channels_append(
    p_log mizan_channels_logs, p_data BYTEA, p_publication BYTEA, p_messages BIGINT, p_age BIGINT
) RETURNS BIGINT
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_now TIMESTAMPTZ := clock_timestamp();
    v_age INTERVAL := p_age * interval '1 millisecond';
    v_lifetime INTERVAL := greatest(interval '1 day', 2 * v_age);
    v_offset BIGINT := p_log.top + 1;
    v_floor BIGINT;
BEGIN
    -- A crash must not lose the offset of a message that servers have read.
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'local', true);
    END IF;
    SELECT max(o."offset") INTO v_floor FROM (
        SELECT m."offset", m.published_at FROM mizan_channels_messages AS m
        WHERE m.log = p_log.id AND m."offset" > p_log.floor ORDER BY m."offset" LIMIT 64
    ) AS o WHERE o."offset" <= v_offset - p_messages OR o.published_at <= v_now - v_age;
    IF v_floor IS NOT NULL THEN
        DELETE FROM mizan_channels_messages AS m
        WHERE m.log = p_log.id AND m."offset" > p_log.floor AND m."offset" <= v_floor;
    END IF;
    UPDATE mizan_channels_logs AS l SET
        top = v_offset,
        floor = greatest(l.floor, v_floor),
        messages_until = v_now + v_age,
        -- The column has an index, and so is changed rarely.
        remove_at = CASE WHEN l.remove_at < v_now + v_lifetime / 2 THEN v_now + v_lifetime ELSE l.remove_at END
    WHERE l.id = p_log.id;
    INSERT INTO mizan_channels_messages (log, "offset", published_at, publication, data)
    VALUES (p_log.id, v_offset, v_now, p_publication, p_data);
    RETURN v_offset;
END
$$;

-- Publishes a message, unless it was published under the idempotency key or, by an earlier attempt, under its id. A retry has
-- the age of the first attempt in milliseconds. It stores its result under the id, for a first attempt that arrives later.
-- The epoch is empty if the log no longer shows whether the message was published.
--
-- PostgreSQL commits transactions with notifications one after the other. Only a transaction of the application notifies; the
-- broker notifies after the commit, in a transaction that writes nothing. Repeated notifications are delivered once.
CREATE FUNCTION mizan_channels_publish(
    p_log BYTEA, p_fresh TEXT, p_data BYTEA, p_publication BYTEA, p_key BYTEA, p_messages BIGINT, p_age BIGINT,
    p_key_ttl BIGINT, p_first_attempt BIGINT, p_notify BOOLEAN, OUT out_epoch TEXT, OUT out_offset BIGINT
)
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '2s' AS $$
#variable_conflict use_column
DECLARE
    v_log mizan_channels_logs := mizan_channels_open(p_log, p_fresh, NULL, NULL);
    v_key BYTEA;
BEGIN
    SELECT k.epoch, k."offset" INTO out_epoch, out_offset FROM mizan_channels_keys AS k
    WHERE k.log = p_log AND k.key IN (p_publication, p_key) AND k.remove_at > clock_timestamp() LIMIT 1;
    IF FOUND THEN
        RETURN;
    END IF;
    out_epoch := v_log.epoch;
    IF p_first_attempt IS NOT NULL THEN
        SELECT m."offset" INTO out_offset FROM mizan_channels_messages AS m
        WHERE m.log = p_log AND m."offset" > v_log.floor AND m.publication = p_publication;
        -- The message may have been added, and removed since.
        IF NOT FOUND AND v_log.floor > 0 AND NOT EXISTS (
            SELECT FROM mizan_channels_messages AS m WHERE m.log = p_log AND m."offset" > v_log.floor
            AND m.published_at < clock_timestamp() - p_first_attempt * interval '1 millisecond'
        ) THEN
            out_epoch := '';
            out_offset := 0;
        END IF;
    END IF;
    IF out_offset IS NULL THEN
        out_offset := mizan_channels_append(v_log, p_data, p_publication, p_messages, p_age);
        IF p_notify THEN
            PERFORM pg_notify('mizan_channels_changed', encode(p_log, 'hex'));
        END IF;
    END IF;
    FOREACH v_key IN ARRAY array_remove(
        ARRAY[CASE WHEN p_first_attempt IS NOT NULL THEN p_publication END, CASE WHEN out_epoch <> '' THEN p_key END], NULL
    ) LOOP
        INSERT INTO mizan_channels_keys (log, key, epoch, "offset", remove_at) VALUES (
            p_log, v_key, out_epoch, out_offset, clock_timestamp() + p_key_ttl * interval '1 millisecond'
        )
        ON CONFLICT ON CONSTRAINT mizan_channels_keys_pkey
        DO UPDATE SET epoch = excluded.epoch, "offset" = excluded."offset", remove_at = excluded.remove_at;
    END LOOP;
END
$$;

-- Adds a connection of a member. The first one publishes `join`.
CREATE FUNCTION mizan_channels_enter(
    p_log BYTEA, p_fresh TEXT, p_server BYTEA, p_server_ttl BIGINT, p_connection BYTEA, p_member BYTEA, p_info BYTEA,
    p_join BYTEA, p_leave BYTEA, p_messages BIGINT, p_age BIGINT
) RETURNS VOID
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '2s' AS $$
#variable_conflict use_column
DECLARE
    v_log mizan_channels_logs := mizan_channels_open(p_log, p_fresh, NULL, NULL);
BEGIN
    INSERT INTO mizan_channels_servers (id, expires_at)
    VALUES (p_server, clock_timestamp() + p_server_ttl * interval '1 millisecond') ON CONFLICT DO NOTHING;
    INSERT INTO mizan_channels_connections (log, connection, member, server)
    VALUES (p_log, p_connection, p_member, p_server)
    ON CONFLICT ON CONSTRAINT mizan_channels_connections_pkey DO UPDATE SET server = excluded.server;
    INSERT INTO mizan_channels_members (log, member, info, leave) VALUES (p_log, p_member, p_info, p_leave)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        PERFORM mizan_channels_append(v_log, p_join, '', p_messages, p_age);
    END IF;
END
$$;

-- Removes connections, or those of them whose server has expired. The last one of a member publishes its `leave` message.
CREATE FUNCTION mizan_channels_leave(
    p_log BYTEA, p_fresh TEXT, p_connections BYTEA[], p_only_expired BOOLEAN, p_messages BIGINT, p_age BIGINT
) RETURNS VOID
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '2s' AS $$
#variable_conflict use_column
DECLARE
    v_log mizan_channels_logs := mizan_channels_open(p_log, p_fresh, NULL, NULL);
    v_members BYTEA[];
    v_member BYTEA;
    v_leave BYTEA;
BEGIN
    WITH removed AS (
        DELETE FROM mizan_channels_connections AS c
        WHERE c.log = p_log AND c.connection = ANY (p_connections) AND NOT (p_only_expired AND EXISTS (
            SELECT FROM mizan_channels_servers AS s WHERE s.id = c.server AND s.expires_at > clock_timestamp()
        ))
        RETURNING c.member
    )
    SELECT array_agg(DISTINCT r.member) INTO v_members FROM removed AS r;
    FOREACH v_member IN ARRAY coalesce(v_members, '{}') LOOP
        DELETE FROM mizan_channels_members AS m
        WHERE m.log = p_log AND m.member = v_member AND NOT EXISTS (
            SELECT FROM mizan_channels_connections AS c WHERE c.log = p_log AND c.member = v_member
        )
        RETURNING m.leave INTO v_leave;
        IF FOUND THEN
            v_log.top := mizan_channels_append(v_log, v_leave, '', p_messages, p_age);
        END IF;
    END LOOP;
END
$$;

-- Removes expired data, at most `p_limit` rows of each kind. Returns whether there may be more.
CREATE FUNCTION mizan_channels_purge(p_limit BIGINT) RETURNS BOOLEAN
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    v_removed BIGINT;
    v_has_more BOOLEAN;
BEGIN
    WITH expired AS (
        SELECT l.id, l.floor, least(l.top, l.floor + p_limit) AS cut FROM mizan_channels_logs AS l
        WHERE l.floor < l.top AND l.messages_until <= clock_timestamp() LIMIT 64 FOR UPDATE SKIP LOCKED
    ), trimmed AS (
        UPDATE mizan_channels_logs AS l SET floor = e.cut FROM expired AS e WHERE l.id = e.id
    )
    DELETE FROM mizan_channels_messages AS m USING expired AS e
    WHERE m.log = e.id AND m."offset" > e.floor AND m."offset" <= e.cut;
    v_has_more := FOUND;
    DELETE FROM mizan_channels_keys WHERE ctid = ANY (ARRAY(
        SELECT k.ctid FROM mizan_channels_keys AS k
        WHERE k.remove_at <= clock_timestamp() ORDER BY k.remove_at LIMIT p_limit FOR UPDATE SKIP LOCKED
    ));
    GET DIAGNOSTICS v_removed = ROW_COUNT;
    v_has_more := v_has_more OR v_removed = p_limit;
    DELETE FROM mizan_channels_logs WHERE ctid = ANY (ARRAY(
        SELECT l.ctid FROM mizan_channels_logs AS l
        WHERE l.remove_at <= clock_timestamp() AND l.floor = l.top ORDER BY l.remove_at LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    ));
    GET DIAGNOSTICS v_removed = ROW_COUNT;
    DELETE FROM mizan_channels_servers AS s
    WHERE s.expires_at <= clock_timestamp() - interval '1 hour' AND NOT EXISTS (
        SELECT FROM mizan_channels_connections AS c WHERE c.server = s.id
    );
    RETURN v_has_more OR v_removed = p_limit;
END
$$;
