-- What our own API asks of visits beyond their steps: lists, histories, and more time for a hold.

-- Every list of visits is in the order of their starts, and a visit starts when its first item does.
CREATE INDEX item_by_start ON item (tenant_id, starts_at, visit_id) WHERE sequence = 1;

-- An address whatever its case. Row-level security keeps the planner from an index over `lower`, which is not leakproof;
-- from one over a column it does not.
ALTER TABLE visit
    ADD COLUMN contact_key text GENERATED ALWAYS AS (lower(contact_address)) STORED,
    ADD COLUMN alternate_key text GENERATED ALWAYS AS (lower(contact_alternate)) STORED;
CREATE INDEX visit_of_contact ON visit (tenant_id, contact_key) WHERE contact_key IS NOT NULL;
CREATE INDEX visit_of_alternate ON visit (tenant_id, alternate_key) WHERE alternate_key IS NOT NULL;

-- The state of a visit as everybody has to take it: a hold that lapsed is over before anybody has tidied it up.
CREATE FUNCTION visit_state_at(p_state visit_state, p_expires timestamptz, p_now timestamptz) RETURNS visit_state
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_state = 'held' AND p_expires <= p_now THEN 'expired'::visit_state ELSE p_state END
$$;

-- Which visits a list is about: those that start after (`after_start`, `after_visit`), in this order, and before
-- `starts_before`, at most so many; of a group or of a contact, whatever its case, where these are given. What is null sets no limit.
CREATE TYPE asked_list AS (
    after_start timestamptz, after_visit uuid, starts_before timestamptz, branch_id uuid, service_id uuid,
    resource_id uuid, states text[], contact text, group_id uuid, most integer
);

-- The ids of these visits, in order. A condition with a subquery is written as an array: EXISTS could become a hash of
-- the whole table. The settings keep a plan that was made on a young table from reading all of an old one, and what is
-- few is found first, with the start of each looked up by its own key, so that no plan can go along the starts of all.
CREATE FUNCTION visits_found(p_tenant uuid, p_now timestamptz, p_asked asked_list) RETURNS uuid[] LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off AS $$
DECLARE
    v_start timestamptz := coalesce(p_asked.after_start, '-infinity');
    v_visit uuid := coalesce(p_asked.after_visit, '00000000-0000-0000-0000-000000000000');
    v_before timestamptz := coalesce(p_asked.starts_before, 'infinity');
    v_contact text := lower(p_asked.contact);
BEGIN
    IF p_asked.group_id IS NOT NULL THEN
        RETURN array(
            WITH v AS MATERIALIZED (
                SELECT w.visit_id, w.branch_id, w.state, w.expires_at
                  FROM visit w WHERE w.tenant_id = p_tenant AND w.group_id = p_asked.group_id
                   AND (p_asked.contact IS NULL OR w.contact_key = v_contact)
            )
            SELECT v.visit_id
              FROM v CROSS JOIN LATERAL (SELECT min(x.starts_at) AS starts_at FROM item x
                                          WHERE x.tenant_id = p_tenant AND x.visit_id = v.visit_id) AS i
             WHERE (i.starts_at, v.visit_id) > (v_start, v_visit) AND i.starts_at < v_before
               AND (p_asked.branch_id IS NULL OR v.branch_id = p_asked.branch_id)
               AND (p_asked.states IS NULL OR visit_state_at(v.state, v.expires_at, p_now)::text = ANY (p_asked.states))
               AND (p_asked.service_id IS NULL OR p_asked.service_id = ANY (array(
                        SELECT x.service_id FROM item x WHERE x.tenant_id = p_tenant AND x.visit_id = v.visit_id)))
               AND (p_asked.resource_id IS NULL OR p_asked.resource_id = ANY (array(
                        SELECT c.resource_id FROM claim c WHERE c.tenant_id = p_tenant AND c.visit_id = v.visit_id)))
             ORDER BY i.starts_at, v.visit_id LIMIT p_asked.most);
    ELSIF p_asked.contact IS NOT NULL THEN
        RETURN array(
            WITH v AS MATERIALIZED (
                SELECT w.visit_id, w.branch_id, w.state, w.expires_at
                  FROM visit w WHERE w.tenant_id = p_tenant AND w.contact_key = v_contact
            )
            SELECT v.visit_id
              FROM v CROSS JOIN LATERAL (SELECT min(x.starts_at) AS starts_at FROM item x
                                          WHERE x.tenant_id = p_tenant AND x.visit_id = v.visit_id) AS i
             WHERE (i.starts_at, v.visit_id) > (v_start, v_visit) AND i.starts_at < v_before
               AND (p_asked.branch_id IS NULL OR v.branch_id = p_asked.branch_id)
               AND (p_asked.states IS NULL OR visit_state_at(v.state, v.expires_at, p_now)::text = ANY (p_asked.states))
               AND (p_asked.service_id IS NULL OR p_asked.service_id = ANY (array(
                        SELECT x.service_id FROM item x WHERE x.tenant_id = p_tenant AND x.visit_id = v.visit_id)))
               AND (p_asked.resource_id IS NULL OR p_asked.resource_id = ANY (array(
                        SELECT c.resource_id FROM claim c WHERE c.tenant_id = p_tenant AND c.visit_id = v.visit_id)))
             ORDER BY i.starts_at, v.visit_id LIMIT p_asked.most);
    END IF;
    RETURN array(
        SELECT i.visit_id
          FROM item i CROSS JOIN LATERAL (
                   SELECT w.visit_id, w.branch_id, w.state, w.expires_at
                     FROM visit w WHERE w.tenant_id = p_tenant AND w.visit_id = i.visit_id OFFSET 0) AS v
         WHERE i.tenant_id = p_tenant AND i.sequence = 1
           AND (i.starts_at, i.visit_id) > (v_start, v_visit) AND i.starts_at < v_before
           AND (p_asked.branch_id IS NULL OR v.branch_id = p_asked.branch_id)
           AND (p_asked.states IS NULL OR visit_state_at(v.state, v.expires_at, p_now)::text = ANY (p_asked.states))
           AND (p_asked.service_id IS NULL OR p_asked.service_id = ANY (array(
                    SELECT x.service_id FROM item x WHERE x.tenant_id = p_tenant AND x.visit_id = v.visit_id)))
           AND (p_asked.resource_id IS NULL OR p_asked.resource_id = ANY (array(
                    SELECT c.resource_id FROM claim c WHERE c.tenant_id = p_tenant AND c.visit_id = v.visit_id)))
         ORDER BY i.starts_at, i.visit_id LIMIT p_asked.most);
END
$$;

-- A list as {"now": ..., "visits": [...]}, with visits as `visit_as_json` has them, without what is null and with items in
-- any order; joined as text, which takes the server a third of the time that building JSON does. `p_at` is the server's
-- time, `now` the tenant's.
CREATE FUNCTION visits_listed(p_tenant uuid, p_at timestamptz, p_asked asked_list) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_tenant text := set_config('appointed.tenant', p_tenant::text, true);
    v_now timestamptz;
    v_found uuid[];
BEGIN
    SELECT coalesce(c.instant + coalesce(p_at - c.running_since, interval '0'), p_at) INTO v_now
      FROM tenant t LEFT JOIN sandbox_clock c ON c.tenant_id = t.tenant_id
     WHERE t.tenant_id = p_tenant;
    v_now := coalesce(v_now, p_at);
    v_found := visits_found(p_tenant, v_now, p_asked);
    RETURN concat('{"now":', to_json(v_now), ',"visits":[', (
        SELECT string_agg(concat(
                   '{"id":"', v.visit_id, '","branch_id":"', v.branch_id, '","state":"', v.state, '","origin":"', v.origin,
                   '","version":', v.version, ',"created_at":', to_json(v.created_at),
                   ',"expires_at":' || to_json(v.expires_at), ',"group_id":"' || v.group_id || '"',
                   ',"customer_id":"' || v.customer_id || '"',
                   ',"reminder_at":' || to_json(v.reminder_at), ',"locale":', to_json(v.locale),
                   ',"party_size":', v.party_size, ',"contact_channel":"' || v.contact_channel || '"',
                   ',"contact_address":' || to_json(v.contact_address),
                   ',"contact_alternate":' || to_json(v.contact_alternate),
                   ',"customer_info":' || to_json(v.customer_info), ',"custom_data":' || to_json(v.custom_data::text),
                   ',"remote":' || v.remote::text, ',"items":[', i.items, ']}'), ',' ORDER BY f.nth)
          FROM unnest(v_found) WITH ORDINALITY AS f (id, nth)
               CROSS JOIN LATERAL (SELECT * FROM visit w
                                    WHERE w.tenant_id = p_tenant AND w.visit_id = f.id OFFSET 0) AS v
               CROSS JOIN LATERAL (
                   SELECT string_agg(concat(
                              '{"item_id":"', x.item_id, '","service_id":"', x.service_id, '","sequence":', x.sequence,
                              ',"starts_at":', to_json(x.starts_at), ',"ends_at":', to_json(x.ends_at), '}'),
                              ',') AS items
                     FROM item x WHERE x.tenant_id = p_tenant AND x.visit_id = f.id) AS i), ']}');
END
$$;

-- What happened to a visit, in order.
CREATE FUNCTION events_of_visit(p_tenant uuid, p_visit uuid)
RETURNS TABLE (epoch integer, xid text, ordinal integer, visit_id uuid, kind text, at timestamptz, actor text, data json)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_tenant text := set_config('appointed.tenant', p_tenant::text, true);
BEGIN
    RETURN QUERY
    SELECT e.epoch, e.xid::text, e.ordinal, e.visit_id, e.kind, e.at, e.actor, e.data
      FROM event e
     WHERE e.tenant_id = p_tenant AND e.visit_id = p_visit
     ORDER BY e.epoch, e.xid, e.ordinal;
END
$$;

-- A hold lapses at another instant, or never. Every claim it was made with has to be live still. Tells whose claims
-- changed by it, as `visit_confirm` does.
CREATE FUNCTION visit_extend(p_tenant uuid, p_now timestamptz, p_actor text, p_args json) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
    v_visit uuid := (p_args ->> 'visit_id')::uuid;
    v_expires timestamptz := (p_args ->> 'expires_at')::timestamptz;
    v_changed uuid[];
BEGIN
    PERFORM visit_enter(p_tenant, p_now, 'held', p_args);
    UPDATE visit v SET expires_at = v_expires, version = v.version + 1
     WHERE v.tenant_id = p_tenant AND v.visit_id = v_visit
       AND v.claims = (SELECT count(*) FROM claim c WHERE c.tenant_id = p_tenant AND c.visit_id = v_visit AND c.live);
    IF NOT FOUND OR v_expires <= p_now THEN
        PERFORM refuse('hold_lapsed');
    END IF;
    WITH kept AS (
        UPDATE claim c SET expires_at = v_expires
         WHERE c.tenant_id = p_tenant AND c.visit_id = v_visit AND c.live
        RETURNING c.resource_id
    )
    SELECT array_agg(k.resource_id) INTO v_changed FROM kept k;
    PERFORM event_add(p_tenant, v_visit, 'extended', p_now, p_actor);
    RETURN v_changed;
END
$$;

-- Take the step, and answer {"visit": ...}, or {"visits": [...]} where the arguments have several. Where what is answered
-- may be held still, `now` tells as of when.
CREATE OR REPLACE FUNCTION visit_enact(p_tenant uuid, p_now timestamptz, p_actor text, p_verb text, p_args json)
RETURNS json LANGUAGE plpgsql AS $$
BEGIN
    IF p_verb = 'hold' THEN
        RETURN visit_hold(p_tenant, p_now, p_actor, p_args);
    ELSIF p_verb = 'confirm' AND p_args -> 'visits' IS NOT NULL THEN
        RETURN json_build_object('visits', visits_confirm(p_tenant, p_now, p_actor, p_args));
    END IF;
    CASE p_verb
        WHEN 'confirm' THEN PERFORM resources_moved(p_tenant, visit_confirm(p_tenant, p_now, p_actor, p_args));
        WHEN 'end' THEN PERFORM visit_end(p_tenant, p_now, p_actor, p_args);
        WHEN 'move' THEN PERFORM visit_move(p_tenant, p_now, p_actor, p_args);
        WHEN 'extend' THEN PERFORM resources_moved(p_tenant, visit_extend(p_tenant, p_now, p_actor, p_args));
    END CASE;
    RETURN json_build_object('visit', visit_as_json(p_tenant, (p_args ->> 'visit_id')::uuid), 'now', p_now);
END
$$;
