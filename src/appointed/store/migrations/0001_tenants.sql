-- Tenants, their credentials, and the role that serves them.

CREATE SCHEMA IF NOT EXISTS appointed;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'appointed_app') THEN
        CREATE ROLE appointed_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
    -- To be a member is not enough since PostgreSQL 16, which asks apart whether one may set the role.
    BEGIN
        SET LOCAL ROLE appointed_app;
        RESET ROLE;
    EXCEPTION WHEN insufficient_privilege THEN
        EXECUTE format('GRANT appointed_app TO %I', session_user);
    END;
END
$$;

GRANT USAGE ON SCHEMA appointed TO appointed_app;

CREATE TABLE tenant (
    tenant_id uuid PRIMARY KEY,
    name text NOT NULL,
    sandbox boolean NOT NULL DEFAULT false,
    catalog_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL
);

CREATE TABLE credential (
    tenant_id uuid NOT NULL REFERENCES tenant ON DELETE CASCADE,
    credential_id uuid NOT NULL,
    key_hash bytea NOT NULL CHECK (octet_length(key_hash) = 32),
    actor text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, credential_id)
);

-- Not unique: a distributed table could not promise it, and 256 random bits need no promise.
CREATE INDEX credential_by_key ON credential (key_hash) WHERE revoked_at IS NULL;

-- A sandbox tenant's time: frozen at `instant`, or running from it since the server's `running_since`.
CREATE TABLE sandbox_clock (
    tenant_id uuid PRIMARY KEY REFERENCES tenant ON DELETE CASCADE,
    instant timestamptz NOT NULL,
    running_since timestamptz
);

-- The one way to a tenant for somebody who does not know it yet.
CREATE FUNCTION identify(p_key_hash bytea)
RETURNS TABLE (tenant_id uuid, credential_id uuid, actor text, scopes text[], sandbox boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = appointed, pg_temp AS $$
    SELECT c.tenant_id, c.credential_id, c.actor, c.scopes, t.sandbox
    FROM credential c JOIN tenant t ON t.tenant_id = c.tenant_id
    WHERE c.key_hash = p_key_hash AND c.revoked_at IS NULL
$$;
