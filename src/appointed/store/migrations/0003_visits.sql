-- Visits, what they consist of, and what they take.
--
-- The catalogue is named here without foreign keys: each would lock one row of it in every booking at once. The rows
-- are instead kept from leaving by `keep_while_used`, on the side that hardly ever changes. Enumerations stand in for
-- checks, which the server parses anew for every insert.

CREATE TYPE visit_state AS ENUM ('held', 'confirmed', 'released', 'expired', 'absorbed', 'waiting', 'parked', 'called',
                                 'serving', 'done', 'cancelled', 'no_show');
CREATE TYPE visit_origin AS ENUM ('booking', 'walk_in', 'staff');
CREATE TYPE claim_mode AS ENUM ('exclusive', 'pooled', 'overbooked');

CREATE TABLE visit_group (
    tenant_id uuid NOT NULL REFERENCES tenant ON DELETE CASCADE,
    group_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, group_id)
);

-- A hold that never lapses has no `expires_at`. `claims` is the number of live claims that the visit stands on.
CREATE TABLE visit (
    tenant_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    branch_id uuid NOT NULL,
    group_id uuid,
    state visit_state NOT NULL,
    origin visit_origin NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    reminder_at timestamptz,
    locale text NOT NULL,
    party_size integer NOT NULL,
    contact_channel contact_channel,
    contact_address text,
    contact_alternate text,
    customer_info text[],
    custom_data json,
    remote boolean,
    claims smallint NOT NULL,
    PRIMARY KEY (tenant_id, visit_id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES visit_group
);

CREATE INDEX visit_due_to_lapse ON visit (tenant_id, expires_at) WHERE state = 'held' AND expires_at IS NOT NULL;
CREATE INDEX visit_of_group ON visit (tenant_id, group_id) WHERE group_id IS NOT NULL;

CREATE TABLE item (
    tenant_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    item_id uuid NOT NULL,
    sequence smallint NOT NULL,
    service_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, visit_id, item_id),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visit ON DELETE CASCADE
);

-- `live` is true while the claim takes capacity. An exclusive claim stands under the constraint, a pooled one under a
-- count, an overbooked one under neither. The length is bounded so that every read by time has two ends.
CREATE TABLE claim (
    tenant_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    claim_id uuid NOT NULL,
    item_id uuid NOT NULL,
    resource_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    units integer NOT NULL DEFAULT 1,
    mode claim_mode NOT NULL,
    live boolean NOT NULL DEFAULT true,
    expires_at timestamptz,
    PRIMARY KEY (tenant_id, visit_id, claim_id),
    FOREIGN KEY (tenant_id, visit_id, item_id) REFERENCES item ON DELETE CASCADE,
    CONSTRAINT claim_length CHECK (starts_at < ends_at AND ends_at - starts_at <= interval '24 hours' AND units > 0)
);

-- Every read of claims by time goes through this one; nothing reads through the constraint's.
CREATE INDEX claim_by_time ON claim (tenant_id, resource_id, ends_at, starts_at)
    WHERE live;

-- Two live exclusive claims on one resource never overlap. One name, two spellings: Citus demands plain equality on
-- the tenant, which needs btree_gist; without it a range of one element is equal to itself. The tenant stands last:
-- what tells rows apart is compared first.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gist')
       OR EXISTS (SELECT FROM pg_available_extension_versions WHERE name = 'btree_gist' AND (trusted OR superuser = false))
       OR (EXISTS (SELECT FROM pg_available_extensions WHERE name = 'btree_gist')
           AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)) THEN
        CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;
        ALTER TABLE claim ADD CONSTRAINT claim_exclusive EXCLUDE USING gist (
            resource_id WITH =, tstzrange(starts_at, ends_at) WITH &&, tenant_id WITH =) WHERE (live AND mode = 'exclusive');
    ELSE
        CREATE TYPE uuidrange AS RANGE (subtype = uuid);
        ALTER TABLE claim ADD CONSTRAINT claim_exclusive EXCLUDE USING gist (
            uuidrange(resource_id, resource_id, '[]') WITH =, tstzrange(starts_at, ends_at) WITH &&,
            uuidrange(tenant_id, tenant_id, '[]') WITH =) WHERE (live AND mode = 'exclusive');
    END IF;
END
$$;

-- Moved by every write of a resource's claims, so that a reader of cached masks can ask what changed. The version of a
-- resource is the sum over its stripes; a connection writes a stripe of its own, so that writers do not queue here.
CREATE TABLE resource_version (
    tenant_id uuid NOT NULL,
    resource_id uuid NOT NULL,
    stripe smallint NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (tenant_id, resource_id, stripe)
) WITH (fillfactor = 50);

CREATE FUNCTION keep_while_used() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_used boolean;
BEGIN
    PERFORM catalog_lock(OLD.tenant_id);
    IF TG_TABLE_NAME = 'branch' THEN
        v_used := EXISTS (SELECT FROM visit v WHERE v.tenant_id = OLD.tenant_id AND v.branch_id = OLD.branch_id);
    ELSIF TG_TABLE_NAME = 'service' THEN
        v_used := EXISTS (SELECT FROM item i WHERE i.tenant_id = OLD.tenant_id AND i.service_id = OLD.service_id);
    ELSE
        v_used := EXISTS (SELECT FROM claim c WHERE c.tenant_id = OLD.tenant_id AND c.resource_id = OLD.resource_id);
    END IF;
    IF v_used THEN
        RAISE foreign_key_violation USING MESSAGE = format('a %s with visits stays', TG_TABLE_NAME);
    END IF;
    RETURN OLD;
END
$$;
