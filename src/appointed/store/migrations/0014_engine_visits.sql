-- The steps of a visit's life again, for several visits at once, with claims of others that make room.

-- A visit to be held, and what else a call of it brings: with `visits` it is about those, and the rest is theirs together.
CREATE TYPE asked_visit AS (
    visit_id uuid, branch_id uuid, group_id uuid, state visit_state, origin visit_origin, expires_at timestamptz,
    reminder_at timestamptz, locale text, party_size integer, contact_channel contact_channel, contact_address text,
    contact_alternate text, customer_info text[], custom_data text, remote boolean, items json,
    visits json, claims json, catalog_version bigint, overbook boolean, moves json, limits json
);

-- A new visit with its items, without its claims. Answers it as `visit_as_json` would, without reading again what it has
-- just written.
CREATE FUNCTION visit_add(p_tenant uuid, p_now timestamptz, p_actor text, p_new asked_visit, p_claims integer, p_customer text)
RETURNS json LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO visit (tenant_id, visit_id, branch_id, group_id, state, origin, created_at, expires_at, reminder_at,
                       locale, party_size, contact_channel, contact_address, contact_alternate, customer_info,
                       custom_data, remote, claims, customer_key)
    VALUES (p_tenant, p_new.visit_id, p_new.branch_id, p_new.group_id, p_new.state, p_new.origin, p_now, p_new.expires_at,
            p_new.reminder_at, p_new.locale, p_new.party_size, p_new.contact_channel, p_new.contact_address,
            p_new.contact_alternate, p_new.customer_info, p_new.custom_data::json, p_new.remote, p_claims, p_customer);
    INSERT INTO item (tenant_id, visit_id, item_id, sequence, service_id, starts_at, ends_at)
    SELECT p_tenant, p_new.visit_id, a.item_id, a.sequence, a.service_id, a.starts_at, a.ends_at
      FROM json_to_recordset(p_new.items) AS a (item_id uuid, sequence smallint, service_id uuid,
           starts_at timestamptz, ends_at timestamptz);
    PERFORM event_add(p_tenant, p_new.visit_id, p_new.state::text, p_now, p_actor);
    RETURN json_build_object(
        'id', p_new.visit_id, 'branch_id', p_new.branch_id, 'state', p_new.state, 'origin', p_new.origin, 'version', 1,
        'created_at', p_now, 'expires_at', p_new.expires_at, 'group_id', p_new.group_id,
        'reminder_at', p_new.reminder_at, 'locale', p_new.locale, 'party_size', p_new.party_size,
        'contact_channel', p_new.contact_channel, 'contact_address', p_new.contact_address,
        'contact_alternate', p_new.contact_alternate, 'customer_info', p_new.customer_info,
        'custom_data', p_new.custom_data, 'remote', p_new.remote, 'items', p_new.items);
END
$$;

-- The visits of several guests with their items, tied by a group, without their claims.
CREATE FUNCTION visits_add(p_tenant uuid, p_now timestamptz, p_actor text, p_call asked_visit, p_asked asked_claim[],
                           p_limits asked_limit[]) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_group uuid := coalesce(p_call.group_id, gen_random_uuid());
    v_new asked_visit;
    v_added json[];
BEGIN
    INSERT INTO visit_group (tenant_id, group_id, created_at) VALUES (p_tenant, v_group, p_now);
    FOR v_new IN SELECT v.* FROM json_populate_recordset(NULL::asked_visit, p_call.visits) AS v LOOP
        v_new.group_id := v_group;
        v_added := v_added || visit_add(p_tenant, p_now, p_actor, v_new,
            (SELECT count(*)::integer FROM unnest(p_asked) AS a WHERE a.visit_id = v_new.visit_id),
            customer_of(v_new.visit_id, p_limits));
    END LOOP;
    RETURN array_to_json(v_added);
END
$$;

-- Note that claims of these visits went to other resources.
CREATE FUNCTION moves_noted(p_tenant uuid, p_now timestamptz, p_actor text, p_moves asked_move[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_move asked_move;
BEGIN
    FOREACH v_move IN ARRAY p_moves LOOP
        PERFORM event_add(p_tenant, v_move.visit_id, 'reassigned', p_now, p_actor,
                          json_build_object('from', v_move.from_resource, 'to', v_move.to_resource));
    END LOOP;
END
$$;

-- New visits with all their claims, held or confirmed at once, or nothing: one, or several as a group.
DROP FUNCTION visit_hold(uuid, timestamptz, text, json);
CREATE FUNCTION visit_hold(p_tenant uuid, p_now timestamptz, p_actor text, p_args json) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_call asked_visit := json_populate_record(NULL::asked_visit, p_args);
    v_own asked_claim[];
    v_asked asked_claim[];
    v_moves asked_move[];
    v_leaving claim[];
    v_limits asked_limit[];
    v_lapsed uuid[];
    v_taken boolean;
    v_added json;
BEGIN
    PERFORM catalog_expect(p_tenant, v_call.catalog_version);
    IF v_call.limits IS NOT NULL THEN
        v_limits := array(SELECT l FROM json_populate_recordset(NULL::asked_limit, v_call.limits) AS l);
        PERFORM customers_lock(p_tenant, v_limits);
    END IF;
    v_own := claims_asked(p_tenant, v_call.claims);
    v_asked := v_own;
    IF v_call.moves IS NOT NULL THEN
        v_moves := array(SELECT m FROM json_populate_recordset(NULL::asked_move, v_call.moves) AS m);
        SELECT m.leaving, v_own || m.asked INTO v_leaving, v_asked
          FROM claims_moving(p_tenant, p_now, v_call.visit_id, v_moves) AS m;
    END IF;
    SELECT l.lapsed, l.taken INTO v_lapsed, v_taken
      FROM visits_lock(p_tenant, p_now, v_call.visit_id, NULL, v_asked, v_leaving) AS l;
    IF v_moves IS NOT NULL THEN
        SELECT m.leaving, v_own || m.asked INTO v_leaving, v_asked
          FROM claims_moving(p_tenant, p_now, v_call.visit_id, v_moves) AS m;
    END IF;
    IF v_taken AND v_call.overbook IS NOT TRUE THEN
        PERFORM refuse('slot_taken');
    END IF;
    IF v_lapsed IS NOT NULL THEN
        PERFORM visits_expire(p_tenant, p_now, v_lapsed);
    END IF;
    IF v_call.visits IS NULL THEN
        v_added := json_build_object('visit', visit_add(p_tenant, p_now, p_actor, v_call, cardinality(v_own),
                                                        customer_of(v_call.visit_id, v_limits)));
    ELSE
        v_added := json_build_object('visits', visits_add(p_tenant, p_now, p_actor, v_call, v_own, v_limits));
    END IF;
    IF v_limits IS NOT NULL THEN
        PERFORM customers_check(p_tenant, p_now, v_limits);
    END IF;
    IF v_moves IS NOT NULL THEN
        PERFORM moves_noted(p_tenant, p_now, p_actor, v_moves);
    END IF;
    PERFORM claims_exchange(p_tenant, p_now, v_call.visit_id, v_lapsed, v_leaving, v_asked, v_call.expires_at,
                            coalesce(v_call.overbook, false));
    RETURN v_added;
END
$$;

-- A hold becomes a promise. Every claim it was made with has to be live still. Tells whose claims changed by it: those
-- that would have lapsed do so no more, and what readers keep of their resources is old.
DROP FUNCTION visit_confirm(uuid, timestamptz, text, json);
CREATE FUNCTION visit_confirm(p_tenant uuid, p_now timestamptz, p_actor text, p_args json) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
    v_visit uuid := (p_args ->> 'visit_id')::uuid;
    v_entered record;
    v_changed uuid[];
BEGIN
    v_entered := visit_enter(p_tenant, p_now, 'confirmed', p_args);
    IF v_entered.repeated THEN
        RETURN NULL;
    END IF;
    UPDATE visit v SET state = 'confirmed', expires_at = NULL, version = v.version + 1,
           reminder_at = (p_args ->> 'reminder_at')::timestamptz
     WHERE v.tenant_id = p_tenant AND v.visit_id = v_visit
       AND v.claims = (SELECT count(*) FROM claim c WHERE c.tenant_id = p_tenant AND c.visit_id = v_visit AND c.live);
    IF NOT FOUND THEN
        PERFORM refuse('hold_lapsed');
    END IF;
    WITH kept AS (
        UPDATE claim c SET expires_at = NULL
         WHERE c.tenant_id = p_tenant AND c.visit_id = v_visit AND c.live AND c.expires_at IS NOT NULL
        RETURNING c.resource_id
    )
    SELECT array_agg(k.resource_id) INTO v_changed FROM kept k;
    PERFORM event_add(p_tenant, v_visit, 'confirmed', p_now, p_actor);
    RETURN v_changed;
END
$$;

-- All of these holds become promises, or none: `visits` has the arguments of each.
CREATE FUNCTION visits_confirm(p_tenant uuid, p_now timestamptz, p_actor text, p_args json) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_one json;
    v_changed uuid[];
    v_confirmed json[];
BEGIN
    PERFORM 1 FROM visit v
      WHERE v.tenant_id = p_tenant
        AND v.visit_id = ANY (array(SELECT (a.value ->> 'visit_id')::uuid FROM json_array_elements(p_args -> 'visits') AS a))
      ORDER BY v.visit_id FOR UPDATE;
    FOR v_one IN SELECT a.value FROM json_array_elements(p_args -> 'visits') AS a LOOP
        v_changed := v_changed || visit_confirm(p_tenant, p_now, p_actor, v_one);
        v_confirmed := v_confirmed || visit_as_json(p_tenant, (v_one ->> 'visit_id')::uuid);
    END LOOP;
    PERFORM resources_moved(p_tenant, v_changed);
    RETURN array_to_json(v_confirmed);
END
$$;

-- A visit ends without having been served: `steps` says which state follows which. Its claims are free at once.
CREATE OR REPLACE FUNCTION visit_end(p_tenant uuid, p_now timestamptz, p_actor text, p_args json) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_visit uuid := (p_args ->> 'visit_id')::uuid;
    v_entered record;
    v_state visit_state;
BEGIN
    PERFORM catalog_share(p_tenant);
    PERFORM visits_lock(p_tenant, p_now, v_visit, ARRAY[v_visit], NULL, NULL);
    v_entered := visit_enter(p_tenant, p_now, p_args ->> 'step', p_args);
    IF v_entered.repeated THEN
        RETURN;
    END IF;
    v_state := p_args -> 'steps' ->> v_entered.state::text;
    UPDATE visit v SET state = v_state, version = v.version + 1
     WHERE v.tenant_id = p_tenant AND v.visit_id = v_visit;
    PERFORM event_add(p_tenant, v_visit, v_state::text, p_now, p_actor);
    PERFORM claims_exchange(p_tenant, p_now, v_visit, ARRAY[v_visit], NULL, NULL, NULL, false);
END
$$;

-- What the customer told, changed; and, where `claims` are given, another time: the old claims go and the new come in
-- this one step, so that the new time may overlap the old one, or nothing changes.
CREATE OR REPLACE FUNCTION visit_move(p_tenant uuid, p_now timestamptz, p_actor text, p_args json) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_visit uuid := (p_args ->> 'visit_id')::uuid;
    v_own asked_claim[];
    v_moves asked_move[];
    v_limits asked_limit[];
    v_moving record;
    v_asked asked_claim[];
    v_leaving claim[];
    v_lapsed uuid[];
    v_taken boolean;
BEGIN
    IF p_args -> 'claims' IS NOT NULL THEN
        PERFORM catalog_expect(p_tenant, (p_args ->> 'catalog_version')::bigint);
    END IF;
    IF p_args -> 'limits' IS NOT NULL THEN
        v_limits := array(SELECT l FROM json_populate_recordset(NULL::asked_limit, p_args -> 'limits') AS l);
        PERFORM customers_lock(p_tenant, v_limits);
    END IF;
    IF p_args -> 'claims' IS NOT NULL THEN
        v_own := claims_asked(p_tenant, p_args -> 'claims');
        v_asked := v_own;
        IF p_args -> 'moves' IS NOT NULL THEN
            v_moves := array(SELECT m FROM json_populate_recordset(NULL::asked_move, p_args -> 'moves') AS m);
            v_moving := claims_moving(p_tenant, p_now, v_visit, v_moves);
            v_leaving := v_moving.leaving;
            v_asked := v_own || v_moving.asked;
        END IF;
        SELECT l.lapsed, l.taken INTO v_lapsed, v_taken
          FROM visits_lock(p_tenant, p_now, v_visit, ARRAY[v_visit], v_asked, v_leaving) AS l;
    END IF;
    PERFORM visit_enter(p_tenant, p_now, 'moved', p_args);
    PERFORM visit_rewrite(p_tenant, v_visit, p_args, cardinality(v_own), customer_of(v_visit, v_limits));
    IF v_own IS NULL THEN
        IF v_limits IS NOT NULL THEN
            PERFORM customers_check(p_tenant, p_now, v_limits);
        END IF;
        PERFORM event_add(p_tenant, v_visit, 'changed', p_now, p_actor);
        RETURN;
    END IF;
    IF v_taken THEN
        PERFORM refuse('slot_taken');
    END IF;
    IF v_limits IS NOT NULL THEN
        PERFORM customers_check(p_tenant, p_now, v_limits);
    END IF;
    PERFORM visits_expire(p_tenant, p_now, v_lapsed);
    PERFORM event_add(p_tenant, v_visit, 'moved', p_now, p_actor);
    IF v_moves IS NOT NULL THEN
        v_moving := claims_moving(p_tenant, p_now, v_visit, v_moves);
        v_leaving := v_moving.leaving;
        v_asked := v_own || v_moving.asked;
        PERFORM moves_noted(p_tenant, p_now, p_actor, v_moves);
    END IF;
    PERFORM claims_exchange(p_tenant, p_now, v_visit, v_lapsed || v_visit, v_leaving, v_asked,
        (SELECT v.expires_at FROM visit v WHERE v.tenant_id = p_tenant AND v.visit_id = v_visit), false);
END
$$;

-- The new details of a visit, and the times of its items where claims are given with them.
CREATE FUNCTION visit_rewrite(p_tenant uuid, p_visit uuid, p_args json, p_claims integer, p_customer text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE visit v
       SET version = v.version + 1, reminder_at = a.reminder_at, locale = a.locale, party_size = a.party_size,
           contact_channel = a.contact_channel, contact_address = a.contact_address,
           contact_alternate = a.contact_alternate, customer_info = a.customer_info,
           custom_data = a.custom_data::json, remote = a.remote, claims = coalesce(p_claims, v.claims),
           customer_key = coalesce(p_customer, CASE WHEN v.customer_key IS NOT NULL THEN a.contact_address END)
      FROM json_to_record(p_args) AS a (reminder_at timestamptz, locale text, party_size integer,
           contact_channel contact_channel, contact_address text, contact_alternate text, customer_info text[],
           custom_data text, remote boolean)
     WHERE v.tenant_id = p_tenant AND v.visit_id = p_visit;
    IF p_claims IS NOT NULL THEN
        UPDATE item i SET starts_at = a.starts_at, ends_at = a.ends_at
          FROM json_to_recordset(p_args -> 'items') AS a (item_id uuid, starts_at timestamptz, ends_at timestamptz)
         WHERE i.tenant_id = p_tenant AND i.visit_id = p_visit AND i.item_id = a.item_id;
    END IF;
END
$$;

-- Take the step, and answer {"visit": ...}, or {"visits": [...]} where the arguments have several.
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
    END CASE;
    RETURN json_build_object('visit', visit_as_json(p_tenant, (p_args ->> 'visit_id')::uuid));
END
$$;

-- Change visits and answer {"visit": ...} or {"visits": [...]}. Without a request key a refusal is raised (SQLSTATE AP001:
-- the message is its code, the detail its facts). With one the outcome is kept, a refusal too, as {"refusal": {"code",
-- "facts"}}. Never kept are refusals that only say that the caller's facts were old, and a place lost among others to
-- choose from.
CREATE OR REPLACE FUNCTION visit_perform(p_tenant uuid, p_now timestamptz, p_actor text, p_verb text, p_args json,
                                         p_request uuid, p_fingerprint uuid) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_tenant text := set_config('appointed.tenant', p_tenant::text, true);
    v_outcome json;
    v_code text;
    v_facts text;
BEGIN
    IF p_request IS NULL THEN
        RETURN visit_enact(p_tenant, p_now, p_actor, p_verb, p_args);
    END IF;
    v_outcome := outcome_recall(p_tenant, p_now, p_request, p_fingerprint);
    IF v_outcome IS NOT NULL THEN
        RETURN v_outcome;
    END IF;
    BEGIN
        v_outcome := visit_enact(p_tenant, p_now, p_actor, p_verb, p_args);
    EXCEPTION WHEN SQLSTATE 'AP001' THEN
        GET STACKED DIAGNOSTICS v_code = MESSAGE_TEXT, v_facts = PG_EXCEPTION_DETAIL;
        IF v_code IN ('catalog_moved', 'visit_moved') OR (v_code = 'slot_taken' AND p_args ->> 'choice' = 'true') THEN
            RAISE;
        END IF;
        v_outcome := json_build_object('refusal', json_build_object('code', v_code, 'facts', v_facts::json));
    END;
    PERFORM outcome_keep(p_tenant, p_now, p_request, p_fingerprint, v_outcome);
    RETURN v_outcome;
END
$$;

-- Tidy up to `p_limit` lapsed holds of a tenant, and as many outcomes that nobody can ask for again. Tells how many holds
-- it ended. No promise depends on it: a lapsed hold is free already. A bitmap would read all that is due to find
-- the few that are wanted.
CREATE OR REPLACE FUNCTION lapse(p_tenant uuid, p_now timestamptz, p_limit integer) RETURNS integer LANGUAGE plpgsql
SET enable_bitmapscan = off AS $$
DECLARE
    v_tenant text := set_config('appointed.tenant', p_tenant::text, true);
    v_due uuid[];
    v_lapsed uuid[];
    v_request uuid;
BEGIN
    PERFORM catalog_share(p_tenant);
    v_due := array(SELECT v.visit_id FROM visit v
                    WHERE v.tenant_id = p_tenant AND v.state = 'held' AND v.expires_at <= p_now
                    ORDER BY v.expires_at LIMIT p_limit);
    SELECT l.lapsed INTO v_lapsed FROM visits_lock(p_tenant, p_now, NULL, nullif(v_due, '{}'), NULL, NULL) AS l;
    PERFORM visits_expire(p_tenant, p_now, v_lapsed);
    IF v_lapsed IS NOT NULL THEN
        PERFORM claims_exchange(p_tenant, p_now, NULL, v_lapsed, NULL, NULL, NULL, false);
    END IF;
    FOR v_request IN
        SELECT o.request FROM idempotency o WHERE o.tenant_id = p_tenant AND o.expires_at <= p_now
         ORDER BY o.expires_at LIMIT p_limit
    LOOP
        DELETE FROM idempotency o WHERE o.tenant_id = p_tenant AND o.request = v_request;
    END LOOP;
    RETURN coalesce(cardinality(v_lapsed), 0);
END
$$;
