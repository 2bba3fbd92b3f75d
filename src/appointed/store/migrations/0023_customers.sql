-- Customers: who they are, how they are reached, and their ties to others.

CREATE TYPE relation_kind AS ENUM ('parent', 'child', 'partner', 'guardian', 'other');

-- One that is erased keeps its row: visits may name it, and its id is nobody else's.
CREATE TABLE customer (
    tenant_id uuid NOT NULL REFERENCES tenant ON DELETE CASCADE,
    customer_id uuid NOT NULL,
    title text NOT NULL DEFAULT '',
    given_name text NOT NULL DEFAULT '',
    middle_name text NOT NULL DEFAULT '',
    family_name text NOT NULL DEFAULT '',
    locale text,
    custom_data json,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    erased_at timestamptz,
    PRIMARY KEY (tenant_id, customer_id)
);
CREATE INDEX customer_by_age ON customer (tenant_id, created_at, customer_id) WHERE erased_at IS NULL;

CREATE TABLE customer_contact (
    tenant_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    position smallint NOT NULL,
    channel contact_channel NOT NULL,
    address text NOT NULL,
    address_key text NOT NULL GENERATED ALWAYS AS (lower(address)) STORED,
    PRIMARY KEY (tenant_id, customer_id, position),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customer ON DELETE CASCADE
);
CREATE INDEX customer_by_contact ON customer_contact (tenant_id, address_key);

-- `from_id` is a parent, a child, ... of `to_id`.
CREATE TABLE customer_relation (
    tenant_id uuid NOT NULL,
    from_id uuid NOT NULL,
    to_id uuid NOT NULL,
    kind relation_kind NOT NULL,
    PRIMARY KEY (tenant_id, from_id, to_id, kind),
    FOREIGN KEY (tenant_id, from_id) REFERENCES customer ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, to_id) REFERENCES customer ON DELETE CASCADE,
    CHECK (from_id <> to_id)
);
CREATE INDEX customer_relation_to ON customer_relation (tenant_id, to_id);

ALTER TABLE visit
    ADD COLUMN customer_id uuid,
    ADD FOREIGN KEY (tenant_id, customer_id) REFERENCES customer;
CREATE INDEX visit_by_customer ON visit (tenant_id, customer_id) WHERE customer_id IS NOT NULL;

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['customer', 'customer_contact', 'customer_relation'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_table);
        EXECUTE format('CREATE POLICY of_tenant ON %I USING (tenant_id = nullif(current_setting(''appointed.tenant'', true), '''')::uuid)', v_table);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO appointed_app', v_table);
    END LOOP;
END
$$;
GRANT DELETE ON customer_contact, customer_relation TO appointed_app;

-- A customer as the outside gets it; `store/customers.py` reads these names.
CREATE FUNCTION customer_as_json(p_customer customer) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'id', p_customer.customer_id, 'title', p_customer.title, 'given_name', p_customer.given_name,
        'middle_name', p_customer.middle_name, 'family_name', p_customer.family_name, 'locale', p_customer.locale,
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

-- The visits of a customer: those that name them, and of those that name nobody the ones with a contact of theirs,
-- whatever its case.
CREATE FUNCTION customer_visits(p_tenant uuid, p_customer uuid) RETURNS uuid[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_keys text[] := array(SELECT c.address_key FROM customer_contact c
                            WHERE c.tenant_id = p_tenant AND c.customer_id = p_customer);
BEGIN
    RETURN array(SELECT v.visit_id FROM visit v WHERE v.tenant_id = p_tenant AND v.customer_id = p_customer
                 UNION
                 SELECT v.visit_id FROM visit v
                  WHERE v.tenant_id = p_tenant AND v.contact_key = ANY (v_keys) AND v.customer_id IS NULL
                 UNION
                 SELECT v.visit_id FROM visit v
                  WHERE v.tenant_id = p_tenant AND v.alternate_key = ANY (v_keys) AND v.customer_id IS NULL
                 ORDER BY visit_id);
END
$$;

-- Refuse a customer who is not known, or known no more.
CREATE FUNCTION customer_expect(p_tenant uuid, p_customer uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM customer c
      WHERE c.tenant_id = p_tenant AND c.customer_id = p_customer AND c.erased_at IS NULL FOR KEY SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('customer_not_found');
    END IF;
END
$$;

-- Say whose visit it is; nobody's where `p_customer` is null. Where versions are expected it has to be of one of them.
-- Answers the version that it is of afterwards.
CREATE FUNCTION visit_belongs(p_tenant uuid, p_now timestamptz, p_actor text, p_visit uuid, p_customer uuid,
                              p_expected bigint[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_tenant text := set_config('appointed.tenant', p_tenant::text, true);
    v_customer uuid;
    v_version integer;
BEGIN
    SELECT v.customer_id, v.version INTO v_customer, v_version
      FROM visit v WHERE v.tenant_id = p_tenant AND v.visit_id = p_visit FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('visit_not_found');
    END IF;
    IF v_version <> ALL (p_expected) THEN
        PERFORM refuse('version_stale', json_build_object('current', v_version));
    END IF;
    IF p_customer IS NOT NULL THEN
        PERFORM customer_expect(p_tenant, p_customer);
    END IF;
    IF v_customer IS DISTINCT FROM p_customer THEN
        UPDATE visit v SET customer_id = p_customer, version = v.version + 1
         WHERE v.tenant_id = p_tenant AND v.visit_id = p_visit RETURNING v.version INTO v_version;
        PERFORM event_add(p_tenant, p_visit, 'changed', p_now, p_actor);
    END IF;
    RETURN v_version;
END
$$;

-- A visit in a kept outcome, without what the customer told where it is one of these.
CREATE FUNCTION visit_blank(p_visit jsonb, p_visits uuid[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN (p_visit ->> 'id')::uuid = ANY (p_visits)
        THEN p_visit || '{"contact_channel": null, "contact_address": null, "contact_alternate": null,
                          "customer_info": null, "custom_data": null}'
        ELSE p_visit END
$$;

-- Erase what is known of a customer, in the record, the visits, their events and the outcomes that were kept of them;
-- times, claims and chains stay. Answers the visits.
CREATE FUNCTION customer_erase(p_tenant uuid, p_now timestamptz, p_actor text, p_customer uuid) RETURNS uuid[]
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
           custom_data = NULL, customer_key = NULL, version = v.version + 1
     WHERE v.tenant_id = p_tenant AND v.visit_id = ANY (v_visits);
    UPDATE event e SET data = NULL
     WHERE e.tenant_id = p_tenant AND e.visit_id = ANY (v_visits) AND e.data IS NOT NULL;
    UPDATE idempotency o
       SET outcome = CASE WHEN o.outcome -> 'visit' IS NOT NULL
               THEN o.outcome::jsonb || jsonb_build_object('visit', visit_blank((o.outcome -> 'visit')::jsonb, v_visits))
               ELSE o.outcome::jsonb || jsonb_build_object('visits', (SELECT jsonb_agg(visit_blank(x, v_visits) ORDER BY n)
                   FROM jsonb_array_elements(o.outcome::jsonb -> 'visits') WITH ORDINALITY AS a (x, n))) END::json
     WHERE o.tenant_id = p_tenant
       AND ((o.outcome -> 'visit' ->> 'id')::uuid = ANY (v_visits)
            OR EXISTS (SELECT FROM json_array_elements(o.outcome -> 'visits') AS x WHERE (x ->> 'id')::uuid = ANY (v_visits)));
    DELETE FROM customer_contact c WHERE c.tenant_id = p_tenant AND c.customer_id = p_customer;
    DELETE FROM customer_relation r WHERE r.tenant_id = p_tenant AND p_customer IN (r.from_id, r.to_id);
    UPDATE customer c
       SET title = '', given_name = '', middle_name = '', family_name = '', locale = NULL, custom_data = NULL,
           version = c.version + 1, erased_at = p_now
     WHERE c.tenant_id = p_tenant AND c.customer_id = p_customer;
    FOREACH v_visit IN ARRAY v_visits LOOP
        PERFORM event_add(p_tenant, v_visit, 'erased', p_now, p_actor);
    END LOOP;
    PERFORM event_add(p_tenant, NULL, 'customer_erased', p_now, p_actor,
                      json_build_object('customer', p_customer, 'visits', cardinality(v_visits)));
    RETURN v_visits;
END
$$;
REVOKE ALL ON FUNCTION customer_erase(uuid, timestamptz, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION customer_erase(uuid, timestamptz, text, uuid) TO appointed_app;

-- A sandbox as new: no visits, no events and seals, no customers, no outcomes, its clock at `p_instant`. On any other
-- tenant refused.
CREATE OR REPLACE FUNCTION sandbox_reset(p_tenant uuid, p_instant timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = appointed, pg_temp AS $$
BEGIN
    IF p_tenant IS DISTINCT FROM nullif(current_setting('appointed.tenant', true), '')::uuid
       OR NOT EXISTS (SELECT FROM tenant t WHERE t.tenant_id = p_tenant AND t.sandbox) THEN
        PERFORM refuse('not_a_sandbox');
    END IF;
    PERFORM catalog_lock(p_tenant);
    DELETE FROM visit v WHERE v.tenant_id = p_tenant;
    DELETE FROM visit_group g WHERE g.tenant_id = p_tenant;
    DELETE FROM customer c WHERE c.tenant_id = p_tenant;
    DELETE FROM idempotency o WHERE o.tenant_id = p_tenant;
    PERFORM pg_advisory_xact_lock(uuid_hash_extended(p_tenant, 4));
    PERFORM pg_advisory_xact_lock(uuid_hash_extended(p_tenant, 5));
    DELETE FROM event e WHERE e.tenant_id = p_tenant;
    DELETE FROM seal s WHERE s.tenant_id = p_tenant;
    UPDATE resource_version v SET version = v.version + 1 WHERE v.tenant_id = p_tenant;
    INSERT INTO sandbox_clock AS c (tenant_id, instant) VALUES (p_tenant, p_instant)
    ON CONFLICT (tenant_id) DO UPDATE SET instant = excluded.instant, running_since = NULL;
END
$$;
