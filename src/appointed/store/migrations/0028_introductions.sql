-- Who comes may be told after the place was held; what customers answer and what is noted about a visit stays with it.

-- `reference` is the tenant's own key for a customer; whoever is erased has none.
ALTER TABLE customer
    ADD COLUMN reference text CHECK (reference <> ''),
    ADD COLUMN birth_date date;
CREATE UNIQUE INDEX customer_by_reference ON customer (tenant_id, reference) WHERE reference IS NOT NULL;

-- `answers` are [[question, [texts]], ...]; null where nothing was answered.
ALTER TABLE visit
    ADD COLUMN notes text,
    ADD COLUMN answers jsonb CHECK (jsonb_typeof(answers) = 'array');

-- For how many people an item is, null for all that the visit stands for. One that `continues` has no claims of its own:
-- whoever serves the item before it goes on with it.
ALTER TABLE item
    ADD COLUMN party_size integer,
    ADD COLUMN continues boolean NOT NULL DEFAULT false;

-- `facts` are what has to be known of the customer before a promise is made.
ALTER TYPE asked_visit
    ADD ATTRIBUTE notes text,
    ADD ATTRIBUTE answers jsonb,
    ADD ATTRIBUTE facts text[];

CREATE OR REPLACE FUNCTION customer_as_json(p_customer customer) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'id', p_customer.customer_id, 'reference', p_customer.reference, 'title', p_customer.title,
        'given_name', p_customer.given_name, 'middle_name', p_customer.middle_name, 'family_name', p_customer.family_name,
        'birth_date', p_customer.birth_date, 'locale', p_customer.locale,
        'custom_data', p_customer.custom_data::text, 'version', p_customer.version, 'created_at', p_customer.created_at,
        'contacts', (SELECT coalesce(json_agg(json_build_object('channel', c.channel, 'address', c.address)
                                              ORDER BY c.position), '[]')
            FROM customer_contact c
           WHERE c.tenant_id = p_customer.tenant_id AND c.customer_id = p_customer.customer_id),
        'relations', (SELECT coalesce(json_agg(json_build_object('from_id', r.from_id, 'to_id', r.to_id, 'kind', r.kind)
                                               ORDER BY r.from_id, r.to_id, r.kind), '[]')
            FROM customer_relation r
           WHERE r.tenant_id = p_customer.tenant_id AND p_customer.customer_id IN (r.from_id, r.to_id)))
$$;

-- Refuse where one of these facts is not known of the customer; of nobody nothing is.
CREATE FUNCTION facts_expect(p_tenant uuid, p_customer uuid, p_facts text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_fact text;
    v_born date;
BEGIN
    SELECT c.birth_date INTO v_born FROM customer c WHERE c.tenant_id = p_tenant AND c.customer_id = p_customer;
    FOREACH v_fact IN ARRAY p_facts LOOP
        IF v_fact <> 'birth_date' OR v_born IS NULL THEN
            PERFORM refuse('customer_fact_missing', json_build_object('fact', v_fact));
        END IF;
    END LOOP;
END
$$;

-- Make or rewrite the customer with the reference; who they were is told by nothing else. What is not told now stays: the
-- birth date, and the contacts of a channel that has none here. Two at once with a new reference are one customer: the
-- second waits at the index for the first. Locks the customer before any visit, as an erasure does.
CREATE FUNCTION customer_introduce(p_tenant uuid, p_now timestamptz, p_introduced json) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_customer uuid;
    v_kept customer_contact[];
BEGIN
    INSERT INTO customer AS c (tenant_id, customer_id, reference, title, given_name, middle_name, family_name, birth_date,
                               created_at)
    SELECT p_tenant, a.customer_id, a.reference, a.title, a.given_name, a.middle_name, a.family_name, a.birth_date, p_now
      FROM json_to_record(p_introduced) AS a (customer_id uuid, reference text, title text, given_name text,
           middle_name text, family_name text, birth_date date)
    ON CONFLICT (tenant_id, reference) WHERE reference IS NOT NULL DO UPDATE
       SET title = excluded.title, given_name = excluded.given_name, middle_name = excluded.middle_name,
           family_name = excluded.family_name, birth_date = coalesce(excluded.birth_date, c.birth_date),
           version = c.version + 1
    RETURNING c.customer_id INTO v_customer;
    v_kept := array(SELECT x FROM customer_contact x
                     WHERE x.tenant_id = p_tenant AND x.customer_id = v_customer AND x.channel::text NOT IN (
                         SELECT a.channel FROM json_to_recordset(p_introduced -> 'contacts') AS a (channel text)));
    DELETE FROM customer_contact x WHERE x.tenant_id = p_tenant AND x.customer_id = v_customer;
    INSERT INTO customer_contact (tenant_id, customer_id, position, channel, address)
    SELECT p_tenant, v_customer, row_number() OVER (ORDER BY t.kept, t.position) - 1, t.channel, t.address
      FROM (SELECT false AS kept, a.position, a.channel, a.address
              FROM json_to_recordset(p_introduced -> 'contacts') AS a (position smallint, channel contact_channel, address text)
            UNION ALL
            SELECT true, k.position, k.channel, k.address FROM unnest(v_kept) AS k) AS t;
    RETURN v_customer;
END
$$;

-- Write into a visit whose it is from now on. Answers that were given stay where there are no others and it is the same
-- customer's, or nobody was named for what is held yet: those of one customer are never another's.
CREATE FUNCTION visit_introduce(p_tenant uuid, p_visit uuid, p_introduced json, p_customer uuid, p_key text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE visit v
       SET customer_id = p_customer, contact_channel = a.contact_channel, contact_address = a.contact_address,
           contact_alternate = a.contact_alternate,
           answers = coalesce(nullif(a.answers, 'null'),
               CASE WHEN v.customer_id = p_customer OR (v.customer_id IS NULL AND v.state = 'held') THEN v.answers END),
           customer_key = p_key
      FROM json_to_record(p_introduced) AS a (contact_channel contact_channel, contact_address text,
           contact_alternate text, answers jsonb)
     WHERE v.tenant_id = p_tenant AND v.visit_id = p_visit;
END
$$;

-- Whoever comes, or how they are reached, is another: for a visit that was promised.
CREATE FUNCTION visit_reintroduce(p_tenant uuid, p_now timestamptz, p_actor text, p_args json) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_visit uuid := (p_args ->> 'visit_id')::uuid;
    v_limits asked_limit[];
    v_customer uuid;
BEGIN
    IF p_args -> 'limits' IS NOT NULL THEN
        v_limits := array(SELECT l FROM json_populate_recordset(NULL::asked_limit, p_args -> 'limits') AS l);
        PERFORM customers_lock(p_tenant, v_limits);
    END IF;
    v_customer := customer_introduce(p_tenant, p_now, p_args -> 'introduced');
    PERFORM visit_enter(p_tenant, p_now, 'changed', p_args);
    PERFORM visit_introduce(p_tenant, v_visit, p_args -> 'introduced', v_customer, customer_of(v_visit, v_limits));
    UPDATE visit v SET version = v.version + 1 WHERE v.tenant_id = p_tenant AND v.visit_id = v_visit;
    IF v_limits IS NOT NULL THEN
        PERFORM customers_check(p_tenant, p_now, v_limits);
    END IF;
    PERFORM event_add(p_tenant, v_visit, 'changed', p_now, p_actor);
END
$$;

-- A hold becomes a promise. Every claim it was made with has to be live still, and where `introduced` tells who comes,
-- this is the customer's from now on, unless it was held for another. One that is a promise already is as good, where it is
-- of the same customer; that was not seen by whoever wants to write the customer anew. Tells whose claims changed by it:
-- those that would have lapsed do so no more, and what readers keep of their resources is old. Null where it was repeated.
CREATE OR REPLACE FUNCTION visit_confirm(p_tenant uuid, p_now timestamptz, p_actor text, p_args json) RETURNS uuid[]
LANGUAGE plpgsql AS $$
DECLARE
    v_visit uuid := (p_args ->> 'visit_id')::uuid;
    v_introduced json := p_args -> 'introduced';
    v_limits asked_limit[];
    v_customer uuid;
    v_entered record;
    v_changed uuid[];
BEGIN
    IF v_introduced -> 'customer_id' IS NOT NULL THEN
        IF p_args -> 'limits' IS NOT NULL THEN
            v_limits := array(SELECT l FROM json_populate_recordset(NULL::asked_limit, p_args -> 'limits') AS l);
            PERFORM customers_lock(p_tenant, v_limits);
        END IF;
        v_customer := customer_introduce(p_tenant, p_now, v_introduced);
    END IF;
    v_entered := visit_enter(p_tenant, p_now, 'confirmed', p_args);
    IF v_introduced IS NOT NULL AND v_entered.repeated <> (v_customer IS NULL) THEN
        PERFORM refuse('visit_moved');
    END IF;
    IF v_entered.repeated THEN
        IF v_introduced IS NOT NULL THEN
            SELECT v.customer_id INTO v_customer FROM visit v WHERE v.tenant_id = p_tenant AND v.visit_id = v_visit;
            PERFORM 1 FROM customer c
              WHERE c.tenant_id = p_tenant AND c.customer_id = v_customer AND c.reference = v_introduced ->> 'reference';
            IF NOT FOUND THEN
                PERFORM refuse('customer_differs');
            END IF;
        END IF;
        RETURN NULL;
    END IF;
    IF v_customer IS NOT NULL THEN
        PERFORM 1 FROM visit v
          WHERE v.tenant_id = p_tenant AND v.visit_id = v_visit AND v.customer_id <> v_customer;
        IF FOUND THEN
            PERFORM refuse('customer_differs');
        END IF;
        PERFORM visit_introduce(p_tenant, v_visit, v_introduced, v_customer, customer_of(v_visit, v_limits));
    ELSIF p_args -> 'facts' IS NOT NULL THEN
        PERFORM facts_expect(p_tenant,
            (SELECT v.customer_id FROM visit v WHERE v.tenant_id = p_tenant AND v.visit_id = v_visit),
            array(SELECT json_array_elements_text(p_args -> 'facts')));
    END IF;
    UPDATE visit v SET state = 'confirmed', expires_at = NULL, version = v.version + 1,
           reminder_at = (p_args ->> 'reminder_at')::timestamptz
     WHERE v.tenant_id = p_tenant AND v.visit_id = v_visit
       AND v.claims = (SELECT count(*) FROM claim c WHERE c.tenant_id = p_tenant AND c.visit_id = v_visit AND c.live);
    IF NOT FOUND THEN
        PERFORM refuse('hold_lapsed');
    END IF;
    IF v_limits IS NOT NULL THEN
        PERFORM customers_check(p_tenant, p_now, v_limits);
    END IF;
    WITH kept AS (
        UPDATE claim c SET expires_at = NULL
         WHERE c.tenant_id = p_tenant AND c.visit_id = v_visit AND c.live AND c.expires_at IS NOT NULL
        RETURNING c.resource_id
    )
    SELECT array_agg(k.resource_id) INTO v_changed FROM kept k;
    PERFORM event_add(p_tenant, v_visit, 'confirmed', p_now, p_actor);
    RETURN coalesce(v_changed, '{}');
END
$$;

-- Customers are one where their addresses are the same, whatever the case.
UPDATE visit v SET customer_key = lower(v.customer_key) WHERE v.customer_key <> lower(v.customer_key);

-- Whoever counts the visits of one of these customers waits for the others who do.
CREATE OR REPLACE FUNCTION customers_lock(p_tenant uuid, p_limits asked_limit[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(k.key)
       FROM (SELECT DISTINCT hashtextextended(p_tenant::text || lower(l.customer), 4) AS key
               FROM unnest(p_limits) AS l ORDER BY 1) AS k;
END
$$;

-- Refuse where a customer has, beside the visit itself, as many as the limit allows. Called once the visits are written,
-- so that those of one call count each other.
CREATE OR REPLACE FUNCTION customers_check(p_tenant uuid, p_now timestamptz, p_limits asked_limit[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_limit asked_limit;
BEGIN
    FOREACH v_limit IN ARRAY p_limits LOOP
        IF v_limit.most <= (
            SELECT count(*) FROM visit v
             WHERE v.tenant_id = p_tenant AND v.customer_key = lower(v_limit.customer) AND v.visit_id <> v_limit.visit_id
               AND visit_stands(v.state, v.expires_at, p_now)
               AND (SELECT count(*) FROM item i
                     WHERE i.tenant_id = p_tenant AND i.visit_id = v.visit_id AND i.service_id = v_limit.service_id
                       AND i.starts_at >= v_limit.starts_at AND i.starts_at < v_limit.ends_at) > 0) THEN
            PERFORM refuse('customer_limit', json_build_object('limit', v_limit.most));
        END IF;
    END LOOP;
END
$$;

-- As whom these limits know the customer of a visit; null where none is about it.
CREATE OR REPLACE FUNCTION customer_of(p_visit uuid, p_limits asked_limit[]) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_limit asked_limit;
BEGIN
    FOREACH v_limit IN ARRAY coalesce(p_limits, '{}') LOOP
        IF v_limit.visit_id = p_visit THEN
            RETURN lower(v_limit.customer);
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

-- A visit as the outside gets it; `store/visit_rows.py` reads these names.
CREATE OR REPLACE FUNCTION visit_as_json(p_tenant uuid, p_visit uuid) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT json_build_object(
        'id', v.visit_id, 'branch_id', v.branch_id, 'state', v.state, 'origin', v.origin, 'version', v.version,
        'created_at', v.created_at, 'expires_at', v.expires_at, 'group_id', v.group_id, 'customer_id', v.customer_id,
        'reminder_at', v.reminder_at,
        'locale', v.locale, 'party_size', v.party_size, 'contact_channel', v.contact_channel,
        'contact_address', v.contact_address, 'contact_alternate', v.contact_alternate, 'customer_info', v.customer_info,
        'custom_data', v.custom_data::text, 'remote', v.remote, 'notes', v.notes, 'answers', v.answers,
        'items', (SELECT json_agg(json_build_object('item_id', i.item_id, 'service_id', i.service_id, 'sequence', i.sequence,
                                                    'starts_at', i.starts_at, 'ends_at', i.ends_at, 'wishes', i.wishes,
                                                    'party_size', i.party_size, 'continues', i.continues)
                                  ORDER BY i.sequence)
                    FROM item i WHERE i.tenant_id = p_tenant AND i.visit_id = p_visit))
      FROM visit v WHERE v.tenant_id = p_tenant AND v.visit_id = p_visit);
END
$$;

-- A new visit with its items, without its claims. Answers it as `visit_as_json` would, without reading again what it has
-- just written.
CREATE OR REPLACE FUNCTION visit_add(p_tenant uuid, p_now timestamptz, p_actor text, p_new asked_visit, p_claims integer, p_customer text)
RETURNS json LANGUAGE plpgsql AS $$
BEGIN
    IF p_new.customer_id IS NOT NULL THEN
        PERFORM customer_expect(p_tenant, p_new.customer_id);
    END IF;
    IF p_new.facts IS NOT NULL THEN
        PERFORM facts_expect(p_tenant, p_new.customer_id, p_new.facts);
    END IF;
    INSERT INTO visit (tenant_id, visit_id, branch_id, group_id, customer_id, state, origin, created_at, expires_at,
                       reminder_at, locale, party_size, contact_channel, contact_address, contact_alternate, customer_info,
                       custom_data, remote, claims, customer_key, notes, answers)
    VALUES (p_tenant, p_new.visit_id, p_new.branch_id, p_new.group_id, p_new.customer_id, p_new.state, p_new.origin,
            p_now, p_new.expires_at, p_new.reminder_at, p_new.locale, p_new.party_size, p_new.contact_channel,
            p_new.contact_address, p_new.contact_alternate, p_new.customer_info, p_new.custom_data::json, p_new.remote, p_claims,
            p_customer, p_new.notes, nullif(p_new.answers, 'null'));
    INSERT INTO item (tenant_id, visit_id, item_id, sequence, service_id, starts_at, ends_at, wishes, party_size, continues)
    SELECT p_tenant, p_new.visit_id, a.item_id, a.sequence, a.service_id, a.starts_at, a.ends_at, nullif(a.wishes, 'null'),
           a.party_size, coalesce(a.continues, false)
      FROM json_to_recordset(p_new.items) AS a (item_id uuid, sequence smallint, service_id uuid,
           starts_at timestamptz, ends_at timestamptz, wishes jsonb, party_size integer, continues boolean);
    PERFORM event_add(p_tenant, p_new.visit_id, p_new.state::text, p_now, p_actor);
    RETURN json_build_object(
        'id', p_new.visit_id, 'branch_id', p_new.branch_id, 'state', p_new.state, 'origin', p_new.origin, 'version', 1,
        'created_at', p_now, 'expires_at', p_new.expires_at, 'group_id', p_new.group_id,
        'customer_id', p_new.customer_id, 'reminder_at', p_new.reminder_at, 'locale', p_new.locale,
        'party_size', p_new.party_size, 'contact_channel', p_new.contact_channel, 'contact_address', p_new.contact_address,
        'contact_alternate', p_new.contact_alternate, 'customer_info', p_new.customer_info,
        'custom_data', p_new.custom_data, 'remote', p_new.remote, 'notes', p_new.notes, 'answers', p_new.answers,
        'items', p_new.items);
END
$$;

-- The new details of a visit, and where claims are given with them the times of its items and what is asked of them.
CREATE OR REPLACE FUNCTION visit_rewrite(p_tenant uuid, p_visit uuid, p_args json, p_claims integer, p_customer text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE visit v
       SET version = v.version + 1, reminder_at = a.reminder_at, locale = a.locale, party_size = a.party_size,
           contact_channel = a.contact_channel, contact_address = a.contact_address,
           contact_alternate = a.contact_alternate, customer_info = a.customer_info,
           custom_data = a.custom_data::json, remote = a.remote, notes = a.notes,
           answers = nullif(a.answers, 'null'), claims = coalesce(p_claims, v.claims),
           customer_key = coalesce(p_customer, CASE WHEN v.customer_key IS NOT NULL THEN lower(a.contact_address) END)
      FROM json_to_record(p_args) AS a (reminder_at timestamptz, locale text, party_size integer,
           contact_channel contact_channel, contact_address text, contact_alternate text, customer_info text[],
           custom_data text, remote boolean, notes text, answers jsonb)
     WHERE v.tenant_id = p_tenant AND v.visit_id = p_visit;
    IF p_claims IS NOT NULL THEN
        UPDATE item i SET starts_at = a.starts_at, ends_at = a.ends_at, wishes = nullif(a.wishes, 'null')
          FROM json_to_recordset(p_args -> 'items') AS a (item_id uuid, starts_at timestamptz, ends_at timestamptz,
               wishes jsonb)
         WHERE i.tenant_id = p_tenant AND i.visit_id = p_visit AND i.item_id = a.item_id;
    END IF;
END
$$;

-- A visit in a kept outcome, without what the customer told where it is one of these, or was the customer's then.
DROP FUNCTION visit_blank(jsonb, uuid[]);
CREATE FUNCTION visit_blank(p_visit jsonb, p_visits uuid[], p_customer uuid) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN (p_visit ->> 'id')::uuid = ANY (p_visits) OR (p_visit ->> 'customer_id')::uuid = p_customer
        THEN p_visit || '{"contact_channel": null, "contact_address": null, "contact_alternate": null,
                          "customer_info": null, "custom_data": null, "notes": null, "answers": null}'
        ELSE p_visit END
$$;

-- Erase what is known of a customer, in the record, the visits, their events and the outcomes that were kept of them;
-- times, claims and chains stay. Answers the visits.
CREATE OR REPLACE FUNCTION customer_erase(p_tenant uuid, p_now timestamptz, p_actor text, p_customer uuid) RETURNS uuid[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = appointed, pg_temp AS $$
DECLARE
    v_visits uuid[];
    v_visit uuid;
BEGIN
    IF p_tenant IS DISTINCT FROM nullif(current_setting('appointed.tenant', true), '')::uuid THEN
        PERFORM refuse('customer_not_found');
    END IF;
    -- Whoever books for the customer at this moment need not wait, and cannot wait for this in turn.
    PERFORM 1 FROM customer c
      WHERE c.tenant_id = p_tenant AND c.customer_id = p_customer AND c.erased_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('customer_not_found');
    END IF;
    v_visits := customer_visits(p_tenant, p_customer);
    PERFORM 1 FROM visit v WHERE v.tenant_id = p_tenant AND v.visit_id = ANY (v_visits) ORDER BY v.visit_id FOR UPDATE;
    UPDATE visit v
       SET contact_channel = NULL, contact_address = NULL, contact_alternate = NULL, customer_info = NULL,
           custom_data = NULL, customer_key = NULL, notes = NULL, answers = NULL, version = v.version + 1
     WHERE v.tenant_id = p_tenant AND v.visit_id = ANY (v_visits);
    UPDATE event e SET data = NULL
     WHERE e.tenant_id = p_tenant AND e.visit_id = ANY (v_visits) AND e.data IS NOT NULL;
    UPDATE idempotency o
       SET outcome = CASE WHEN o.outcome -> 'visit' IS NOT NULL
               THEN o.outcome::jsonb || jsonb_build_object(
                   'visit', visit_blank((o.outcome -> 'visit')::jsonb, v_visits, p_customer))
               ELSE o.outcome::jsonb || jsonb_build_object('visits', (SELECT jsonb_agg(visit_blank(x, v_visits, p_customer) ORDER BY n)
                   FROM jsonb_array_elements(o.outcome::jsonb -> 'visits') WITH ORDINALITY AS a (x, n))) END::json
     WHERE o.tenant_id = p_tenant
       AND ((o.outcome -> 'visit' ->> 'id')::uuid = ANY (v_visits)
            OR (o.outcome -> 'visit' ->> 'customer_id')::uuid = p_customer
            OR EXISTS (SELECT FROM json_array_elements(o.outcome -> 'visits') AS x
                        WHERE (x ->> 'id')::uuid = ANY (v_visits) OR (x ->> 'customer_id')::uuid = p_customer));
    DELETE FROM customer_contact c WHERE c.tenant_id = p_tenant AND c.customer_id = p_customer;
    DELETE FROM customer_relation r WHERE r.tenant_id = p_tenant AND p_customer IN (r.from_id, r.to_id);
    UPDATE customer c
       SET title = '', given_name = '', middle_name = '', family_name = '', locale = NULL, custom_data = NULL,
           reference = NULL, birth_date = NULL, version = c.version + 1, erased_at = p_now
     WHERE c.tenant_id = p_tenant AND c.customer_id = p_customer;
    FOREACH v_visit IN ARRAY v_visits LOOP
        PERFORM event_add(p_tenant, v_visit, 'erased', p_now, p_actor);
    END LOOP;
    PERFORM event_add(p_tenant, NULL, 'customer_erased', p_now, p_actor,
                      json_build_object('customer', p_customer, 'visits', cardinality(v_visits)));
    RETURN v_visits;
END
$$;
