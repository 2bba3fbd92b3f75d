-- What was asked of a visit stays with its items: a name binds one place of a role and traits bind all of them, so that
-- the claims alone do not tell it.

-- [[role, resource or null, [traits]], ...] as `core/preference.py` has it; null where nothing was asked.
ALTER TABLE item ADD COLUMN wishes jsonb CHECK (jsonb_typeof(wishes) = 'array');

-- What is there knows only which claims may not be moved. Whose traits were asked for has several of them in a role; of
-- those one is kept, as a move kept it so far.
UPDATE item i SET wishes = w.wishes
  FROM (SELECT n.tenant_id, n.visit_id, n.item_id,
               jsonb_agg(jsonb_build_array(n.role, n.resource_id, '[]'::jsonb) ORDER BY n.role) AS wishes
          FROM (SELECT DISTINCT ON (c.tenant_id, c.visit_id, c.item_id, c.role)
                       c.tenant_id, c.visit_id, c.item_id, c.role, c.resource_id
                  FROM claim c WHERE c.live AND c.named
                 ORDER BY c.tenant_id, c.visit_id, c.item_id, c.role, c.claim_id) AS n
         GROUP BY n.tenant_id, n.visit_id, n.item_id) AS w
 WHERE i.tenant_id = w.tenant_id AND i.visit_id = w.visit_id AND i.item_id = w.item_id;

CREATE OR REPLACE FUNCTION visit_as_json(p_tenant uuid, p_visit uuid) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT json_build_object(
        'id', v.visit_id, 'branch_id', v.branch_id, 'state', v.state, 'origin', v.origin, 'version', v.version,
        'created_at', v.created_at, 'expires_at', v.expires_at, 'group_id', v.group_id, 'customer_id', v.customer_id,
        'reminder_at', v.reminder_at,
        'locale', v.locale, 'party_size', v.party_size, 'contact_channel', v.contact_channel,
        'contact_address', v.contact_address, 'contact_alternate', v.contact_alternate, 'customer_info', v.customer_info,
        'custom_data', v.custom_data::text, 'remote', v.remote,
        'items', (SELECT json_agg(json_build_object('item_id', i.item_id, 'service_id', i.service_id, 'sequence', i.sequence,
                                                    'starts_at', i.starts_at, 'ends_at', i.ends_at, 'wishes', i.wishes)
                                  ORDER BY i.sequence)
                    FROM item i WHERE i.tenant_id = p_tenant AND i.visit_id = p_visit))
      FROM visit v WHERE v.tenant_id = p_tenant AND v.visit_id = p_visit);
END
$$;

-- A visit may say from the first whose it is.
ALTER TYPE asked_visit ADD ATTRIBUTE customer_id uuid;

-- A new visit with its items, without its claims. Answers it as `visit_as_json` would, without reading again what it has
-- just written.
CREATE OR REPLACE FUNCTION visit_add(p_tenant uuid, p_now timestamptz, p_actor text, p_new asked_visit, p_claims integer, p_customer text)
RETURNS json LANGUAGE plpgsql AS $$
BEGIN
    IF p_new.customer_id IS NOT NULL THEN
        PERFORM customer_expect(p_tenant, p_new.customer_id);
    END IF;
    INSERT INTO visit (tenant_id, visit_id, branch_id, group_id, customer_id, state, origin, created_at, expires_at,
                       reminder_at, locale, party_size, contact_channel, contact_address, contact_alternate, customer_info,
                       custom_data, remote, claims, customer_key)
    VALUES (p_tenant, p_new.visit_id, p_new.branch_id, p_new.group_id, p_new.customer_id, p_new.state, p_new.origin,
            p_now, p_new.expires_at, p_new.reminder_at, p_new.locale, p_new.party_size, p_new.contact_channel,
            p_new.contact_address, p_new.contact_alternate, p_new.customer_info, p_new.custom_data::json, p_new.remote, p_claims, p_customer);
    INSERT INTO item (tenant_id, visit_id, item_id, sequence, service_id, starts_at, ends_at, wishes)
    SELECT p_tenant, p_new.visit_id, a.item_id, a.sequence, a.service_id, a.starts_at, a.ends_at, nullif(a.wishes, 'null')
      FROM json_to_recordset(p_new.items) AS a (item_id uuid, sequence smallint, service_id uuid,
           starts_at timestamptz, ends_at timestamptz, wishes jsonb);
    PERFORM event_add(p_tenant, p_new.visit_id, p_new.state::text, p_now, p_actor);
    RETURN json_build_object(
        'id', p_new.visit_id, 'branch_id', p_new.branch_id, 'state', p_new.state, 'origin', p_new.origin, 'version', 1,
        'created_at', p_now, 'expires_at', p_new.expires_at, 'group_id', p_new.group_id,
        'customer_id', p_new.customer_id, 'reminder_at', p_new.reminder_at, 'locale', p_new.locale,
        'party_size', p_new.party_size, 'contact_channel', p_new.contact_channel, 'contact_address', p_new.contact_address,
        'contact_alternate', p_new.contact_alternate, 'customer_info', p_new.customer_info,
        'custom_data', p_new.custom_data, 'remote', p_new.remote, 'items', p_new.items);
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
           custom_data = a.custom_data::json, remote = a.remote, claims = coalesce(p_claims, v.claims),
           customer_key = coalesce(p_customer, CASE WHEN v.customer_key IS NOT NULL THEN a.contact_address END)
      FROM json_to_record(p_args) AS a (reminder_at timestamptz, locale text, party_size integer,
           contact_channel contact_channel, contact_address text, contact_alternate text, customer_info text[],
           custom_data text, remote boolean)
     WHERE v.tenant_id = p_tenant AND v.visit_id = p_visit;
    IF p_claims IS NOT NULL THEN
        UPDATE item i SET starts_at = a.starts_at, ends_at = a.ends_at, wishes = nullif(a.wishes, 'null')
          FROM json_to_recordset(p_args -> 'items') AS a (item_id uuid, starts_at timestamptz, ends_at timestamptz,
               wishes jsonb)
         WHERE i.tenant_id = p_tenant AND i.visit_id = p_visit AND i.item_id = a.item_id;
    END IF;
END
$$;

-- `p_at` is the server's time; `now` in the answer is the tenant's, which in a sandbox is another. The catalogue comes
-- along where its version is not `p_known`, a visit where one is named, what is occupied where resources are,
-- the starts of a customer where one is. The interval is in minutes of UTC since 1970. `p_total` is the sum
-- of the known versions, null where one is not known: versions only rise, so as long as the sum is the same nothing has
-- moved. The answer is JSON, in UTF-8, and after it the packed claims of each resource, where any has moved.
CREATE OR REPLACE FUNCTION facts(p_tenant uuid, p_at timestamptz, p_known bigint, p_visit uuid, p_resources uuid[],
                      p_versions bigint[], p_total bigint, p_from integer, p_to integer, p_detail boolean,
                      p_customer text, p_services uuid[]) RETURNS bytea[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_tenant text := set_config('appointed.tenant', p_tenant::text, true);
    v_from timestamptz := to_timestamp(p_from * 60::float8);
    v_to timestamptz := to_timestamp(p_to * 60::float8);
    v_now timestamptz;
    v_version bigint;
    v_total bigint;
    v_told text;
    v_packed bytea[];
BEGIN
    SELECT t.catalog_version, coalesce(c.instant + coalesce(p_at - c.running_since, interval '0'), p_at)
      INTO v_version, v_now
      FROM tenant t LEFT JOIN sandbox_clock c ON c.tenant_id = t.tenant_id
     WHERE t.tenant_id = p_tenant;
    v_now := coalesce(v_now, p_at);
    IF p_resources IS NOT NULL THEN
        IF p_total IS NOT NULL THEN
            SELECT coalesce(sum(v.version), 0) INTO v_total
              FROM resource_version v
             WHERE v.tenant_id = p_tenant AND v.resource_id = ANY (p_resources);
        END IF;
        IF (v_total = p_total) IS NOT TRUE THEN
            SELECT o.told, o.packed INTO v_told, v_packed
              FROM resources_occupied(p_tenant, v_now, p_resources, p_versions, v_from, v_to, p_detail) AS o;
        END IF;
    END IF;
    RETURN convert_to(concat(
        '{"now":', to_json(v_now), ',"version":', coalesce(v_version, 0),
        ',"catalog":' || CASE WHEN v_version IS DISTINCT FROM p_known THEN catalog_as_json(p_tenant)::text END,
        ',"visit":' || CASE WHEN p_visit IS NOT NULL THEN visit_as_json(p_tenant, p_visit)::text END,
        ',"occupied":' || v_told,
        ',"customer_starts":' || CASE WHEN p_customer IS NOT NULL THEN customer_starts(
            p_tenant, v_now, p_visit, p_customer, p_services, v_from - interval '2 days', v_to + interval '2 days')::text END,
        '}'), 'UTF8') || coalesce(v_packed, '{}');
END
$$;
