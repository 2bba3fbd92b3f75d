"""Distinct types for the identities of the model, so that one cannot be passed for another."""

from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", UUID)
CredentialId = NewType("CredentialId", UUID)
CustomerId = NewType("CustomerId", UUID)
BranchId = NewType("BranchId", UUID)
ServiceId = NewType("ServiceId", UUID)
ServiceGroupId = NewType("ServiceGroupId", UUID)
ResourceId = NewType("ResourceId", UUID)
VisitId = NewType("VisitId", UUID)
GroupId = NewType("GroupId", UUID)
ItemId = NewType("ItemId", UUID)
ClaimId = NewType("ClaimId", UUID)
