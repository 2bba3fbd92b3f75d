-- The steps of a visit's life. Which steps exist is the core's table: each call says from which states it may start.

-- The place of an event in its transaction is counted in a setting that ends with it, and goes back with a savepoint.
CREATE FUNCTION event_add(p_tenant uuid, p_visit uuid, p_kind text, p_now timestamptz, p_actor text, p_data json DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_ordinal text := coalesce(nullif(current_setting('appointed.ordinal', true), '')::integer + 1, 0);
BEGIN
    v_ordinal := set_config('appointed.ordinal', v_ordinal, true);
    INSERT INTO event (tenant_id, epoch, xid, ordinal, visit_id, kind, at, actor, data)
    VALUES (p_tenant, (SELECT e.epoch FROM event_epoch e), pg_current_xact_id(), v_ordinal::integer,
            p_visit, p_kind, p_now, p_actor, p_data);
END
$$;

-- A visit as the outside gets it; `store/visits.py` reads these names. Null where the tenant has no such visit.
CREATE FUNCTION visit_as_json(p_tenant uuid, p_visit uuid) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT json_build_object(
        'id', v.visit_id, 'branch_id', v.branch_id, 'state', v.state, 'origin', v.origin, 'version', v.version,
        'created_at', v.created_at, 'expires_at', v.expires_at, 'group_id', v.group_id, 'reminder_at', v.reminder_at,
        'locale', v.locale, 'party_size', v.party_size, 'contact_channel', v.contact_channel,
        'contact_address', v.contact_address, 'contact_alternate', v.contact_alternate, 'customer_info', v.customer_info,
        'custom_data', v.custom_data::text, 'remote', v.remote,
        'items', (SELECT json_agg(json_build_object('item_id', i.item_id, 'service_id', i.service_id, 'sequence', i.sequence,
                                                    'starts_at', i.starts_at, 'ends_at', i.ends_at) ORDER BY i.sequence)
                    FROM item i WHERE i.tenant_id = p_tenant AND i.visit_id = p_visit))
      FROM visit v WHERE v.tenant_id = p_tenant AND v.visit_id = p_visit);
END
$$;

-- Lock a visit from which the step of `p_args` may be taken now; refuse where it may not. True where the step was taken
-- before and the call says that this is as good. `allowed` are the states it may start from.
CREATE FUNCTION visit_enter(p_tenant uuid, p_now timestamptz, p_step text, p_args json, OUT state visit_state,
                            OUT repeated boolean) LANGUAGE plpgsql AS $$
DECLARE
    v_expires timestamptz;
    v_version integer;
    v_lapsed boolean;
BEGIN
    SELECT v.state, v.expires_at, v.version INTO state, v_expires, v_version
      FROM visit v WHERE v.tenant_id = p_tenant AND v.visit_id = (p_args ->> 'visit_id')::uuid FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('visit_not_found');
    END IF;
    repeated := state::text = ANY (array(SELECT json_array_elements_text(p_args -> 'repeats')));
    IF repeated THEN
        RETURN;
    END IF;
    v_lapsed := state = 'held' AND v_expires <= p_now;
    IF state = 'expired' OR v_lapsed THEN
        PERFORM refuse('hold_lapsed');
    END IF;
    IF NOT state::text = ANY (array(SELECT json_array_elements_text(p_args -> 'allowed'))) THEN
        PERFORM refuse('state_forbids', json_build_object('state', state, 'step', p_step));
    END IF;
    IF (p_args ->> 'version')::integer <> v_version THEN
        PERFORM refuse('visit_moved');
    END IF;
END
$$;

-- End, whole, visits that lapsed; they are locked. Their claims are the caller's to free.
CREATE FUNCTION visits_expire(p_tenant uuid, p_now timestamptz, p_visits uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_visit uuid;
BEGIN
    FOREACH v_visit IN ARRAY coalesce(p_visits, '{}') LOOP
        UPDATE visit v SET state = 'expired', version = v.version + 1 WHERE v.tenant_id = p_tenant AND v.visit_id = v_visit;
        PERFORM event_add(p_tenant, v_visit, 'expired', p_now, 'clock');
    END LOOP;
END
$$;

-- A new visit with its items and all its claims, held or confirmed at once. Answers it as `visit_as_json` would, without
-- reading again what it has just written.
CREATE FUNCTION visit_hold(p_tenant uuid, p_now timestamptz, p_actor text, p_args json) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_new record;
    v_asked asked_claim[];
    v_locked record;
BEGIN
    SELECT a.* INTO v_new
      FROM json_to_record(p_args) AS a (visit_id uuid, catalog_version bigint, overbook boolean, claims json, items json,
           branch_id uuid, group_id uuid, state visit_state, origin visit_origin, expires_at timestamptz,
           reminder_at timestamptz, locale text, party_size integer, contact_channel contact_channel,
           contact_address text, contact_alternate text, customer_info text[], custom_data text, remote boolean);
    PERFORM catalog_expect(p_tenant, v_new.catalog_version);
    v_asked := claims_asked(p_tenant, v_new.claims);
    v_locked := visits_lock(p_tenant, p_now, v_new.visit_id, NULL, v_asked);
    IF v_locked.taken AND v_new.overbook IS NOT TRUE THEN
        PERFORM refuse('slot_taken');
    END IF;
    INSERT INTO visit (tenant_id, visit_id, branch_id, group_id, state, origin, created_at, expires_at, reminder_at,
                       locale, party_size, contact_channel, contact_address, contact_alternate, customer_info,
                       custom_data, remote, claims)
    VALUES (p_tenant, v_new.visit_id, v_new.branch_id, v_new.group_id, v_new.state, v_new.origin, p_now, v_new.expires_at,
            v_new.reminder_at, v_new.locale, v_new.party_size, v_new.contact_channel, v_new.contact_address,
            v_new.contact_alternate, v_new.customer_info, v_new.custom_data::json, v_new.remote, cardinality(v_asked));
    INSERT INTO item (tenant_id, visit_id, item_id, sequence, service_id, starts_at, ends_at)
    SELECT p_tenant, v_new.visit_id, a.item_id, a.sequence, a.service_id, a.starts_at, a.ends_at
      FROM json_to_recordset(v_new.items) AS a (item_id uuid, sequence smallint, service_id uuid,
           starts_at timestamptz, ends_at timestamptz);
    IF v_locked.lapsed IS NOT NULL THEN
        PERFORM visits_expire(p_tenant, p_now, v_locked.lapsed);
    END IF;
    PERFORM event_add(p_tenant, v_new.visit_id, v_new.state::text, p_now, p_actor);
    PERFORM claims_exchange(p_tenant, p_now, v_new.visit_id, v_locked.lapsed, v_asked, v_new.expires_at,
                            coalesce(v_new.overbook, false));
    RETURN json_build_object(
        'id', v_new.visit_id, 'branch_id', v_new.branch_id, 'state', v_new.state, 'origin', v_new.origin, 'version', 1,
        'created_at', p_now, 'expires_at', v_new.expires_at, 'group_id', v_new.group_id,
        'reminder_at', v_new.reminder_at, 'locale', v_new.locale, 'party_size', v_new.party_size,
        'contact_channel', v_new.contact_channel, 'contact_address', v_new.contact_address,
        'contact_alternate', v_new.contact_alternate, 'customer_info', v_new.customer_info,
        'custom_data', v_new.custom_data, 'remote', v_new.remote, 'items', v_new.items);
END
$$;

-- A hold becomes a promise. Every claim it was made with has to be live still.
CREATE FUNCTION visit_confirm(p_tenant uuid, p_now timestamptz, p_actor text, p_args json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_visit uuid := (p_args ->> 'visit_id')::uuid;
    v_entered record;
BEGIN
    v_entered := visit_enter(p_tenant, p_now, 'confirmed', p_args);
    IF v_entered.repeated THEN
        RETURN;
    END IF;
    UPDATE visit v SET state = 'confirmed', expires_at = NULL, version = v.version + 1,
           reminder_at = (p_args ->> 'reminder_at')::timestamptz
     WHERE v.tenant_id = p_tenant AND v.visit_id = v_visit
       AND v.claims = (SELECT count(*) FROM claim c WHERE c.tenant_id = p_tenant AND c.visit_id = v_visit AND c.live);
    IF NOT FOUND THEN
        PERFORM refuse('hold_lapsed');
    END IF;
    UPDATE claim c SET expires_at = NULL
     WHERE c.tenant_id = p_tenant AND c.visit_id = v_visit AND c.live AND c.expires_at IS NOT NULL;
    PERFORM event_add(p_tenant, v_visit, 'confirmed', p_now, p_actor);
END
$$;

-- A visit ends without having been served: `steps` says which state follows which. Its claims are free at once.
CREATE FUNCTION visit_end(p_tenant uuid, p_now timestamptz, p_actor text, p_args json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_visit uuid := (p_args ->> 'visit_id')::uuid;
    v_entered record;
    v_state visit_state;
BEGIN
    PERFORM catalog_share(p_tenant);
    PERFORM visits_lock(p_tenant, p_now, v_visit, ARRAY[v_visit], NULL);
    v_entered := visit_enter(p_tenant, p_now, p_args ->> 'step', p_args);
    IF v_entered.repeated THEN
        RETURN;
    END IF;
    v_state := p_args -> 'steps' ->> v_entered.state::text;
    UPDATE visit v SET state = v_state, version = v.version + 1
     WHERE v.tenant_id = p_tenant AND v.visit_id = v_visit;
    PERFORM event_add(p_tenant, v_visit, v_state::text, p_now, p_actor);
    PERFORM claims_exchange(p_tenant, p_now, v_visit, ARRAY[v_visit], NULL, NULL, false);
END
$$;

-- What the customer told, changed; and, where `claims` are given, another time: the old claims go and the new come in
-- this one step, so that the new time may overlap the old one, or nothing changes.
CREATE FUNCTION visit_move(p_tenant uuid, p_now timestamptz, p_actor text, p_args json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_visit uuid := (p_args ->> 'visit_id')::uuid;
    v_asked asked_claim[];
    v_locked record;
BEGIN
    IF p_args -> 'claims' IS NOT NULL THEN
        PERFORM catalog_expect(p_tenant, (p_args ->> 'catalog_version')::bigint);
        v_asked := claims_asked(p_tenant, p_args -> 'claims');
        v_locked := visits_lock(p_tenant, p_now, v_visit, ARRAY[v_visit], v_asked);
    END IF;
    PERFORM visit_enter(p_tenant, p_now, 'moved', p_args);
    UPDATE visit v
       SET version = v.version + 1, reminder_at = a.reminder_at, locale = a.locale, party_size = a.party_size,
           contact_channel = a.contact_channel, contact_address = a.contact_address,
           contact_alternate = a.contact_alternate, customer_info = a.customer_info,
           custom_data = a.custom_data::json, remote = a.remote, claims = coalesce(cardinality(v_asked), v.claims)
      FROM json_to_record(p_args) AS a (reminder_at timestamptz, locale text, party_size integer,
           contact_channel contact_channel, contact_address text, contact_alternate text, customer_info text[],
           custom_data text, remote boolean)
     WHERE v.tenant_id = p_tenant AND v.visit_id = v_visit;
    IF v_asked IS NULL THEN
        PERFORM event_add(p_tenant, v_visit, 'changed', p_now, p_actor);
        RETURN;
    END IF;
    IF v_locked.taken THEN
        PERFORM refuse('slot_taken');
    END IF;
    UPDATE item i SET starts_at = a.starts_at, ends_at = a.ends_at
      FROM json_to_recordset(p_args -> 'items') AS a (item_id uuid, starts_at timestamptz, ends_at timestamptz)
     WHERE i.tenant_id = p_tenant AND i.visit_id = v_visit AND i.item_id = a.item_id;
    PERFORM visits_expire(p_tenant, p_now, v_locked.lapsed);
    PERFORM event_add(p_tenant, v_visit, 'moved', p_now, p_actor);
    PERFORM claims_exchange(p_tenant, p_now, v_visit, v_locked.lapsed || v_visit, v_asked,
        (SELECT v.expires_at FROM visit v WHERE v.tenant_id = p_tenant AND v.visit_id = v_visit), false);
END
$$;
