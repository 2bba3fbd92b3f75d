-- All that the engine's rules ask of the catalogue: schedules of three owners, roles, and what limits a service.

CREATE TYPE grid_anchor AS ENUM ('opening', 'clock', 'packed');
CREATE TYPE party_count AS ENUM ('tickets', 'heads');

-- Whether every one of these hours lies on a date, and at most until the end of the next.
CREATE FUNCTION hours_fit(p_hours jsonb, p_weekly boolean) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(bool_and(coalesce(
               h.opens_minute BETWEEN 0 AND 1439 AND h.closes_minute BETWEEN h.opens_minute + 1 AND 2880
               AND coalesce(h.capacity, 0) >= 0
               AND CASE WHEN p_weekly THEN h.weekday BETWEEN 0 AND 6 ELSE h.weekday IS NULL END, false)), true)
      FROM jsonb_to_recordset(coalesce(nullif(p_hours, 'null'), '[]'))
        AS h (weekday integer, opens_minute integer, closes_minute integer, capacity integer)
$$;

-- Whether this is a schedule of the core's. A dump is restored with an empty search path, so the names here are whole.
CREATE FUNCTION schedule_fits(p_schedule jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT appointed.hours_fit(p_schedule -> 'week', true) AND appointed.hours_fit(p_schedule -> 'breaks', true)
       AND (SELECT coalesce(bool_and(appointed.hours_fit(d.hours, false)), true) AND count(*) = count(DISTINCT d.day)
              FROM jsonb_to_recordset(coalesce(p_schedule -> 'special_days', '[]')) AS d (day text, hours jsonb))
       AND (SELECT coalesce(bool_and(coalesce(c.starts_at < coalesce(c.ends_at, 'infinity'), false)), true)
              FROM jsonb_to_recordset(coalesce(p_schedule -> 'closures', '[]')) AS c (starts_at timestamptz, ends_at timestamptz))
$$;

-- A schedule is read whole and written whole with its owner, and nothing in it is looked for: a value, not rows. Without
-- `week` it sets no limit; with an empty one it never opens.
ALTER TABLE branch ADD COLUMN opening_hours jsonb NOT NULL DEFAULT '{"week": []}' CHECK (schedule_fits(opening_hours));
UPDATE branch b SET opening_hours = jsonb_build_object('week', h.week)
  FROM (SELECT o.tenant_id, o.branch_id, jsonb_agg(jsonb_build_object('weekday', o.weekday, 'opens_minute', o.opens_minute,
                                                                     'closes_minute', o.closes_minute)
                                                   ORDER BY o.weekday, o.opens_minute) AS week
          FROM opening_hours o GROUP BY o.tenant_id, o.branch_id) AS h
 WHERE h.tenant_id = b.tenant_id AND h.branch_id = b.branch_id;
DROP TABLE opening_hours;

ALTER TABLE resource
    ADD COLUMN schedule jsonb NOT NULL DEFAULT '{}' CHECK (schedule_fits(schedule)),
    ADD COLUMN skills text[] NOT NULL DEFAULT '{}',
    ADD COLUMN traits text[] NOT NULL DEFAULT '{}';

ALTER TABLE service
    ADD COLUMN anchor grid_anchor NOT NULL DEFAULT 'opening',
    ADD COLUMN per_extra_person_minutes integer NOT NULL DEFAULT 0 CHECK (per_extra_person_minutes >= 0),
    ADD COLUMN party_count party_count NOT NULL DEFAULT 'tickets',
    ADD COLUMN buffer_before_minutes integer NOT NULL DEFAULT 0 CHECK (buffer_before_minutes >= 0),
    ADD COLUMN buffer_after_minutes integer NOT NULL DEFAULT 0 CHECK (buffer_after_minutes >= 0),
    ADD COLUMN booking_hours jsonb NOT NULL DEFAULT '{}' CHECK (schedule_fits(booking_hours)),
    ADD COLUMN lead_time_minutes integer NOT NULL DEFAULT 0 CHECK (lead_time_minutes >= 0),
    ADD COLUMN lead_days integer CHECK (lead_days >= 0),
    ADD COLUMN lead_days_business boolean NOT NULL DEFAULT false,
    ADD COLUMN horizon_days integer CHECK (horizon_days >= 0),
    ADD COLUMN horizon_days_business boolean NOT NULL DEFAULT false,
    ADD COLUMN bookable_from date CHECK (isfinite(bookable_from)),
    ADD COLUMN bookable_until date CHECK (isfinite(bookable_until)),
    ADD COLUMN customer_daily_limit integer CHECK (customer_daily_limit > 0),
    ADD COLUMN remote_allowed boolean NOT NULL DEFAULT true,
    -- A claim lasts a day at most, so what makes one may not grow past it: who grows with the party has a limit.
    ADD CONSTRAINT service_length CHECK (
        duration_minutes + buffer_before_minutes + buffer_after_minutes
        + per_extra_person_minutes::bigint * (coalesce(party_limit, 1) - 1) <= 1440
        AND (per_extra_person_minutes = 0 OR party_limit IS NOT NULL));

-- What a service needs: `count` of the resources listed for the role, each with all `skills`, and `units` of a pool.
CREATE TABLE service_role (
    tenant_id uuid NOT NULL,
    service_id uuid NOT NULL,
    role smallint NOT NULL,
    units integer NOT NULL DEFAULT 1 CHECK (units > 0),
    count integer NOT NULL DEFAULT 1 CHECK (count > 0),
    skills text[] NOT NULL DEFAULT '{}',
    interchangeable boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, service_id, role),
    FOREIGN KEY (tenant_id, service_id) REFERENCES service ON DELETE CASCADE
);
INSERT INTO service_role (tenant_id, service_id, role, units)
SELECT x.tenant_id, x.service_id, x.role, max(x.units) FROM service_resource x GROUP BY x.tenant_id, x.service_id, x.role;
ALTER TABLE service_resource
    DROP COLUMN units,
    ADD FOREIGN KEY (tenant_id, service_id, role) REFERENCES service_role ON DELETE CASCADE;

ALTER TABLE service_role ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON service_role USING (tenant_id = nullif(current_setting('appointed.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON service_role TO appointed_app;

-- The catalogue as the outside gets it; `store/catalog_rows.py` reads these names.
CREATE OR REPLACE FUNCTION catalog_as_json(p_tenant uuid) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'branches', (SELECT coalesce(json_agg(json_build_object(
                'id', b.branch_id, 'name', b.name, 'time_zone', b.time_zone, 'opening_hours', b.opening_hours)), '[]')
            FROM branch b WHERE b.tenant_id = p_tenant),
        'resources', (SELECT coalesce(json_agg(json_build_object(
                'id', r.resource_id, 'branch_id', r.branch_id, 'name', r.name, 'kind', r.kind, 'scope', r.scope,
                'schedule', r.schedule, 'skills', r.skills, 'traits', r.traits,
                'capacity', (SELECT coalesce(json_agg(json_build_object('starts_at', s.starts_at, 'capacity', s.capacity)
                        ORDER BY s.starts_at), '[]')
                    FROM capacity_step s WHERE s.tenant_id = p_tenant AND s.resource_id = r.resource_id))), '[]')
            FROM resource r WHERE r.tenant_id = p_tenant),
        'services', (SELECT coalesce(json_agg(json_build_object(
                'id', s.service_id, 'branch_id', s.branch_id, 'name', s.name, 'duration_minutes', s.duration_minutes,
                'grid_minutes', s.grid_minutes, 'locale', s.locale, 'required_contact', s.required_contact,
                'party_limit', s.party_limit, 'reminder_minutes', s.reminder_minutes,
                'past_slots_allowed', s.past_slots_allowed, 'anchor', s.anchor,
                'per_extra_person_minutes', s.per_extra_person_minutes, 'party_count', s.party_count,
                'buffer_before_minutes', s.buffer_before_minutes, 'buffer_after_minutes', s.buffer_after_minutes,
                'booking_hours', s.booking_hours, 'lead_time_minutes', s.lead_time_minutes, 'lead_days', s.lead_days,
                'lead_days_business', s.lead_days_business, 'horizon_days', s.horizon_days,
                'horizon_days_business', s.horizon_days_business, 'bookable_from', s.bookable_from,
                'bookable_until', s.bookable_until, 'customer_daily_limit', s.customer_daily_limit,
                'remote_allowed', s.remote_allowed,
                'roles', (SELECT coalesce(json_agg(json_build_object(
                        'resource_ids', array(SELECT x.resource_id FROM service_resource x
                                               WHERE x.tenant_id = p_tenant AND x.service_id = s.service_id AND x.role = g.role
                                               ORDER BY x.preference),
                        'units', g.units, 'count', g.count, 'skills', g.skills, 'interchangeable', g.interchangeable)
                        ORDER BY g.role), '[]')
                    FROM service_role g WHERE g.tenant_id = p_tenant AND g.service_id = s.service_id))), '[]')
            FROM service s WHERE s.tenant_id = p_tenant))
$$;

-- What each claim on a pool that is not over leaves of it over its own time, in the order of their ids. Less than
-- nothing where booking hours with a capacity of their own let more in.
CREATE FUNCTION pool_rooms(p_tenant uuid, p_now timestamptz, p_resource uuid) RETURNS integer[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN array(SELECT pool_room(p_tenant, p_now, p_resource, r.scope, c.starts_at, c.ends_at)
                   FROM resource r JOIN claim c ON c.tenant_id = p_tenant AND c.resource_id = p_resource
                  WHERE r.tenant_id = p_tenant AND r.resource_id = p_resource AND c.live AND c.ends_at > p_now
                    AND c.mode = 'pooled' AND (c.expires_at IS NULL OR c.expires_at > p_now)
                  ORDER BY c.claim_id);
END
$$;

-- Give a resource these steps of capacity in place of those it has. Refused where visits lose room by it that they need.
-- Called under the catalogue's lock.
CREATE FUNCTION capacity_put(p_tenant uuid, p_now timestamptz, p_resource uuid, p_starts timestamptz[], p_capacities integer[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_before integer[];
    v_after integer[];
BEGIN
    IF (p_starts, p_capacities) = (
        SELECT array_agg(s.starts_at ORDER BY s.starts_at), array_agg(s.capacity ORDER BY s.starts_at)
          FROM capacity_step s WHERE s.tenant_id = p_tenant AND s.resource_id = p_resource) THEN
        RETURN;
    END IF;
    v_before := pool_rooms(p_tenant, p_now, p_resource);
    DELETE FROM capacity_step s WHERE s.tenant_id = p_tenant AND s.resource_id = p_resource;
    INSERT INTO capacity_step (tenant_id, resource_id, starts_at, capacity)
    SELECT p_tenant, p_resource, u.starts_at, u.capacity FROM unnest(p_starts, p_capacities) AS u (starts_at, capacity);
    v_after := pool_rooms(p_tenant, p_now, p_resource);
    IF EXISTS (SELECT FROM unnest(v_before, v_after) AS u (before, after) WHERE u.after < 0 AND u.after < u.before) THEN
        PERFORM refuse('resource_in_use', json_build_object('resource', p_resource));
    END IF;
END
$$;

-- Refuse where live claims stand on a resource that is of another kind now, or counts otherwise. `p_kind` and `p_scope`
-- are what it was before.
CREATE OR REPLACE FUNCTION resource_check(p_tenant uuid, p_now timestamptz, p_resource uuid, p_kind resource_kind,
                                          p_scope pool_scope) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_resource resource;
BEGIN
    SELECT r.* INTO v_resource FROM resource r WHERE r.tenant_id = p_tenant AND r.resource_id = p_resource;
    IF v_resource.kind = p_kind AND v_resource.scope = p_scope THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM claim c
                WHERE c.tenant_id = p_tenant AND c.resource_id = p_resource AND c.live AND c.ends_at > p_now
                  AND (c.expires_at IS NULL OR c.expires_at > p_now)) THEN
        PERFORM refuse('resource_in_use', json_build_object('resource', p_resource));
    END IF;
END
$$;
