"""What an installation can choose, by environment variables ``CUTIS_...`` or by arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Choices of an installation; each can be given as ``CUTIS_<NAME>`` in capitals.

    Attributes:
        data_folder: everything that is kept; made at the first start.
        database_url: of SQLAlchemy; empty is SQLite in the data folder.
        public_url: as people type it, such as ``https://skin.example.org``; empty is where it listens.
        session_hours: how long a sign-in lasts when nothing is done.
        invitation_hours: how long a one-time link is good.
        phone_days: how long a participant's phone stays open when nothing is done.
        upload_megabytes: size of the largest photo.
        upload_megapixels: pixels of the largest photo.
        upload_seconds: how long a body may take to arrive.
        decode_seconds: how long one photo may take to be decoded.
        decoders: photos decoded at the same time, each with some ten bytes of memory a pixel.
        sign_ins_per_minute: attempts for one name, and ten times as many from one address.
        bundle_megabytes: size of the largest model that can be uploaded.
        uploads_per_minute: photos that one person may send.
        requests_per_minute: of one person or one address, of all kinds together.
        second_factor: ``optional``, or ``administrators`` where they must have one.
        oidc_issuer: address of an OpenID provider with which people may sign in; empty is none.
        oidc_client_id: by which the provider knows this installation, as it does by ``oidc_client_secret``.
        oidc_name: of the provider, on the button.
        store_url: where photos are kept: empty is the data folder, else any URL of fsspec, such as
            ``s3://bucket/folder``.
    """

    model_config = SettingsConfigDict(env_prefix="CUTIS_", frozen=True, extra="forbid")

    data_folder: Path = Path("cutis-data")
    database_url: str = ""
    public_url: str = ""
    session_hours: float = Field(12.0, gt=0)
    invitation_hours: float = Field(72.0, gt=0)
    phone_days: float = Field(30.0, gt=0)
    upload_megabytes: float = Field(40.0, gt=0)
    upload_megapixels: float = Field(100.0, gt=0, le=200)
    upload_seconds: float = Field(120.0, gt=0)
    decode_seconds: float = Field(20.0, gt=0)
    decoders: int = Field(2, ge=1)
    sign_ins_per_minute: int = Field(6, ge=1)
    bundle_megabytes: float = Field(300.0, gt=0)
    uploads_per_minute: int = Field(600, ge=1)
    requests_per_minute: int = Field(3000, ge=1)
    second_factor: Literal["optional", "administrators"] = "optional"
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name: str = "OpenID"
    store_url: str = ""

    @field_validator("public_url")
    @classmethod
    def _whole_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError(f"is '{value}', which does not begin with https:// or http://")
        return value.rstrip("/")

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data_folder / 'cutis.db'}"

    @property
    def encrypted(self) -> bool:
        """People come by https, so that cookies may ask for it."""
        return self.public_url.startswith("https://")


def read_settings(**chosen: object) -> Settings:
    """Settings from the environment; what is chosen here and is not None wins.

    Raises:
        CutisError: a variable's value does not hold.
    """
    from pydantic import ValidationError

    from cutis.core.errors import CutisError

    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"CUTIS_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']} (given: {one.get('input')!r})."
            for one in error.errors()
        ]
        raise CutisError("\n".join(lines)) from error
