-- Each event carries the hash of the one before it in its chain, and seals keep chains from being cut. A visit has a chain
-- of its own, written under its lock; what belongs to no visit stands in the tenant's chain, under a lock of that.

ALTER TABLE credential ADD COLUMN prefix text NOT NULL DEFAULT '';

-- `digest` is that of `data`, so that a chain outlives data that was erased. `previous` is null for the first of a chain.
ALTER TABLE event
    ALTER COLUMN visit_id DROP NOT NULL,
    ADD COLUMN position integer,
    ADD COLUMN digest bytea,
    ADD COLUMN previous bytea,
    ADD COLUMN hash bytea;

-- A seal stands for the events after the one of the seal before it and up to (epoch, xid, ordinal).
CREATE TABLE seal (
    tenant_id uuid NOT NULL REFERENCES tenant ON DELETE CASCADE,
    number integer NOT NULL,
    at timestamptz NOT NULL,
    events integer NOT NULL,
    epoch integer NOT NULL,
    xid xid8 NOT NULL,
    ordinal integer NOT NULL,
    previous bytea,
    hash bytea NOT NULL,
    PRIMARY KEY (tenant_id, number)
);
ALTER TABLE seal ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON seal USING (tenant_id = nullif(current_setting('appointed.tenant', true), '')::uuid);
GRANT SELECT, INSERT ON seal TO appointed_app;

-- Every part but the last has a fixed length or says it; what is absent counts as zeros. `core/audit.py` reckons the same.
CREATE FUNCTION event_hash(p_previous bytea, p_tenant uuid, p_visit uuid, p_position integer, p_epoch integer, p_xid xid8,
                           p_ordinal integer, p_at timestamptz, p_digest bytea, p_kind text, p_actor text)
RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(coalesce(p_previous, decode(repeat('00', 32), 'hex')) || uuid_send(p_tenant)
        || coalesce(uuid_send(p_visit), decode(repeat('00', 16), 'hex')) || int4send(p_position) || int4send(p_epoch)
        || xid8send(p_xid) || int4send(p_ordinal) || timestamptz_send(p_at)
        || coalesce(p_digest, decode(repeat('00', 32), 'hex')) || int4send(octet_length(convert_to(p_kind, 'UTF8')))
        || convert_to(p_kind, 'UTF8') || convert_to(p_actor, 'UTF8'))
$$;

CREATE FUNCTION data_digest(p_data json) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(p_data::text, 'UTF8'))
$$;

-- The chains of what has happened so far.
DO $$
DECLARE
    v_event event;
    v_before event;
BEGIN
    FOR v_event IN SELECT e.* FROM event e ORDER BY e.tenant_id, e.visit_id, e.epoch, e.xid, e.ordinal LOOP
        IF v_before.tenant_id = v_event.tenant_id AND v_before.visit_id = v_event.visit_id THEN
            v_event.position := v_before.position + 1;
            v_event.previous := v_before.hash;
        ELSE
            v_event.position := 0;
        END IF;
        v_event.digest := data_digest(v_event.data);
        v_event.hash := event_hash(v_event.previous, v_event.tenant_id, v_event.visit_id, v_event.position, v_event.epoch,
                                   v_event.xid, v_event.ordinal, v_event.at, v_event.digest, v_event.kind, v_event.actor);
        UPDATE event e SET position = v_event.position, digest = v_event.digest, previous = v_event.previous,
               hash = v_event.hash
         WHERE e.tenant_id = v_event.tenant_id AND e.epoch = v_event.epoch AND e.xid = v_event.xid
           AND e.ordinal = v_event.ordinal;
        v_before := v_event;
    END LOOP;
END
$$;

ALTER TABLE event
    ALTER COLUMN position SET NOT NULL,
    ALTER COLUMN hash SET NOT NULL;
-- No chain can fork, whatever its lock is worth.
CREATE UNIQUE INDEX event_by_position ON event (tenant_id, visit_id, position) NULLS NOT DISTINCT;
DROP INDEX event_of_visit;

-- The next event of a visit, which is locked or new, or without one of the tenant. Its place in its transaction is counted
-- in a setting that ends with it, and goes back with a savepoint. A connection that makes its plan while there are few
-- events would go on to read all of them each time.
CREATE OR REPLACE FUNCTION event_add(p_tenant uuid, p_visit uuid, p_kind text, p_now timestamptz, p_actor text,
                                     p_data json DEFAULT NULL) RETURNS void LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    v_ordinal integer := coalesce(nullif(current_setting('appointed.ordinal', true), '')::integer + 1, 0);
    v_digest bytea;
    v_position integer;
    v_previous bytea;
BEGIN
    PERFORM set_config('appointed.ordinal', v_ordinal::text, true);
    IF p_data IS NOT NULL THEN
        v_digest := data_digest(p_data);
    END IF;
    IF p_visit IS NOT NULL THEN
        SELECT e.position + 1, e.hash INTO v_position, v_previous
          FROM event e WHERE e.tenant_id = p_tenant AND e.visit_id = p_visit ORDER BY e.position DESC LIMIT 1;
    ELSE
        PERFORM pg_advisory_xact_lock(uuid_hash_extended(p_tenant, 4));
        SELECT e.position + 1, e.hash INTO v_position, v_previous
          FROM event e WHERE e.tenant_id = p_tenant AND e.visit_id IS NULL ORDER BY e.position DESC LIMIT 1;
    END IF;
    v_position := coalesce(v_position, 0);
    INSERT INTO event (tenant_id, epoch, xid, ordinal, visit_id, kind, at, actor, data, position, digest, previous, hash)
    SELECT p_tenant, x.epoch, pg_current_xact_id(), v_ordinal, p_visit, p_kind, p_now, p_actor, p_data,
           v_position, v_digest, v_previous,
           event_hash(v_previous, p_tenant, p_visit, v_position, x.epoch, pg_current_xact_id(), v_ordinal, p_now,
                      v_digest, p_kind, p_actor)
      FROM event_epoch x;
END
$$;

-- Seal up to `p_limit` events that no seal covers, as far as no open transaction can still come before them. Answers the
-- seal, null where there was nothing to seal.
CREATE FUNCTION events_seal(p_tenant uuid, p_now timestamptz, p_limit integer) RETURNS seal LANGUAGE plpgsql AS $$
DECLARE
    v_tenant text := set_config('appointed.tenant', p_tenant::text, true);
    v_before seal;
    v_seal seal;
    v_hashes bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(uuid_hash_extended(p_tenant, 5));
    SELECT s.* INTO v_before FROM seal s WHERE s.tenant_id = p_tenant ORDER BY s.number DESC LIMIT 1;
    WITH sealed AS MATERIALIZED (
        SELECT e.epoch, e.xid, e.ordinal, e.hash
          FROM event e
         WHERE e.tenant_id = p_tenant
           AND (e.epoch, e.xid, e.ordinal) > (coalesce(v_before.epoch, 0), coalesce(v_before.xid, '0'::xid8),
                                              coalesce(v_before.ordinal, -1))
           AND (e.epoch < (SELECT c.epoch FROM event_epoch c) OR e.xid < pg_snapshot_xmin(pg_current_snapshot()))
         ORDER BY e.epoch, e.xid, e.ordinal LIMIT p_limit
    )
    SELECT s.epoch, s.xid, s.ordinal, (SELECT count(*) FROM sealed),
           (SELECT string_agg(a.hash, '' ORDER BY a.epoch, a.xid, a.ordinal) FROM sealed a)
      INTO v_seal.epoch, v_seal.xid, v_seal.ordinal, v_seal.events, v_hashes
      FROM sealed s ORDER BY s.epoch DESC, s.xid DESC, s.ordinal DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    v_seal.tenant_id := p_tenant;
    v_seal.number := coalesce(v_before.number + 1, 0);
    v_seal.at := p_now;
    v_seal.previous := v_before.hash;
    v_seal.hash := sha256(coalesce(v_seal.previous, decode(repeat('00', 32), 'hex')) || uuid_send(p_tenant)
        || int4send(v_seal.number) || timestamptz_send(p_now) || int4send(v_seal.events) || int4send(v_seal.epoch)
        || xid8send(v_seal.xid) || int4send(v_seal.ordinal) || v_hashes);
    INSERT INTO seal SELECT v_seal.*;
    RETURN v_seal;
END
$$;
