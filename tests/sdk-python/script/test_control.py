import pytest

from conversation import HAIKU, SONNET


def test_list_foundation_models(control):
    models = control.list_foundation_models(byProvider="anthropic")["modelSummaries"]
    assert HAIKU in [model["modelId"] for model in models]
    assert {model["providerName"] for model in models} == {"Anthropic"}


@pytest.mark.parametrize("identifier", [HAIKU, "arn:aws:bedrock:us-east-1::foundation-model/" + HAIKU])
def test_get_foundation_model(control, identifier):
    details = control.get_foundation_model(modelIdentifier=identifier)["modelDetails"]
    assert details["modelId"] == HAIKU
    assert details["modelArn"] == "arn:aws:bedrock:us-east-1::foundation-model/" + HAIKU
    assert details["responseStreamingSupported"] is True
    assert details["outputModalities"] == ["TEXT"]


def test_inference_profiles(control):
    pages = list(control.get_paginator("list_inference_profiles").paginate(PaginationConfig={"PageSize": 50}))
    assert len(pages) > 1
    listed = {profile["inferenceProfileId"]: profile for page in pages for profile in page["inferenceProfileSummaries"]}
    profile = control.get_inference_profile(inferenceProfileIdentifier=SONNET)
    del profile["ResponseMetadata"]
    assert profile == listed[SONNET]
    assert profile["type"] == "SYSTEM_DEFINED"


def test_unknown_names(control):
    with pytest.raises(control.exceptions.ResourceNotFoundException):
        control.get_foundation_model(modelIdentifier="acme.no-such-model-v1:0")
    with pytest.raises(control.exceptions.ResourceNotFoundException):
        control.get_inference_profile(inferenceProfileIdentifier="us.acme.no-such-model-v1:0")


def test_application_inference_profile(control, runtime):
    source = {"copyFrom": "arn:aws:bedrock:us-east-1::foundation-model/" + HAIKU}
    made = control.create_inference_profile(
        inferenceProfileName="bills of boto3", modelSource=source, tags=[{"key": "team", "value": "a"}]
    )
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    arn = made["inferenceProfileArn"]
    try:
        profile = control.get_inference_profile(inferenceProfileIdentifier=arn)
        assert (profile["type"], profile["status"], made["status"]) == ("APPLICATION", "ACTIVE", "ACTIVE")
        assert [model["modelArn"] for model in profile["models"]] == [source["copyFrom"]]
        listed = control.list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"]
        assert arn in [p["inferenceProfileArn"] for p in listed]
        control.tag_resource(resourceARN=arn, tags=[{"key": "cost", "value": "b"}])
        control.untag_resource(resourceARN=arn, tagKeys=["team"])
        assert control.list_tags_for_resource(resourceARN=arn)["tags"] == [{"key": "cost", "value": "b"}]
        answer = runtime.converse(modelId=arn, messages=[{"role": "user", "content": [{"text": "Hi"}]}])
        assert answer["output"]["message"]["role"] == "assistant"
        with pytest.raises(control.exceptions.ConflictException):
            control.create_inference_profile(inferenceProfileName="bills of boto3", modelSource=source)
    finally:
        control.delete_inference_profile(inferenceProfileIdentifier=arn)
    with pytest.raises(control.exceptions.ResourceNotFoundException):
        control.list_tags_for_resource(resourceARN=arn)
    with pytest.raises(runtime.exceptions.ValidationException):
        runtime.converse(modelId=arn, messages=[{"role": "user", "content": [{"text": "Hi"}]}])
