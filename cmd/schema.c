/* SPDX-License-Identifier: ISC */
/*
 * schema.c -- the JSON Schema (draft 2020-12) of the records of -J.
 *
 * Keys are only ever added, so no object is closed to others.  In the text here
 * ' stands for ".
 */
#include "../util.h"
#include "schema.h"

static const char *const schema[] = {
"{'$schema':'https://json-schema.org/draft/2020-12/schema',\n",
"'title':'mailx -J: one object a line',\n",
"'anyOf':[\n",
"{'$ref':'#/$defs/message'},{'$ref':'#/$defs/structure'},\n",
"{'$ref':'#/$defs/part_alone'},{'$ref':'#/$defs/folder'},\n",
"{'$ref':'#/$defs/queue'},{'$ref':'#/$defs/fetch'},\n",
"{'$ref':'#/$defs/send'},{'$ref':'#/$defs/count'},\n",
"{'$ref':'#/$defs/written'},{'$ref':'#/$defs/size'},\n",
"{'$ref':'#/$defs/current'},{'$ref':'#/$defs/pair'},\n",
"{'$ref':'#/$defs/error'},{'$ref':'#/$defs/ack'}],\n",
"'$defs':{\n",
"'number':{'type':'integer','minimum':0},\n",
"'text_or_null':{'type':['string','null']},\n",
"'strings':{'type':'array','items':{'type':'string'}},\n",
"'addresses':{'type':'array','items':{'type':'object',\n",
" 'required':['addr'],'properties':{\n",
"  'name':{'$ref':'#/$defs/text_or_null'},'addr':{'type':'string'}}}},\n",
"'part':{'type':'object','required':['part','type'],'properties':{\n",
" 'part':{'type':'string'},'type':{'type':'string'},\n",
" 'params':{'type':'object','additionalProperties':{'type':'string'}},\n",
" 'encoding':{'$ref':'#/$defs/text_or_null'},\n",
" 'disposition':{'$ref':'#/$defs/text_or_null'},\n",
" 'filename':{'$ref':'#/$defs/text_or_null'},\n",
" 'id':{'$ref':'#/$defs/text_or_null'},\n",
" 'description':{'$ref':'#/$defs/text_or_null'},\n",
" 'size':{'$ref':'#/$defs/number'},\n",
" 'sha256':{'type':'string','pattern':'^[0-9a-f]{64}$'},\n",
" 'text':{'type':'string'}}},\n",
"'parts':{'type':'array','items':{'$ref':'#/$defs/part'}},\n",
"'message':{'type':'object','required':['n','folder','flags','date','from',\n",
" 'to','subject','size'],'properties':{\n",
" 'n':{'$ref':'#/$defs/number'},'uid':{'$ref':'#/$defs/number'},\n",
" 'folder':{'type':'string'},'flags':{'$ref':'#/$defs/strings'},\n",
" 'tags':{'$ref':'#/$defs/strings'},\n",
" 'date':{'$ref':'#/$defs/text_or_null'},\n",
" 'from':{'$ref':'#/$defs/addresses'},'to':{'$ref':'#/$defs/addresses'},\n",
" 'cc':{'$ref':'#/$defs/addresses'},'reply_to':{'$ref':'#/$defs/addresses'},\n",
" 'subject':{'$ref':'#/$defs/text_or_null'},\n",
" 'message_id':{'$ref':'#/$defs/text_or_null'},\n",
" 'in_reply_to':{'$ref':'#/$defs/strings'},\n",
" 'references':{'$ref':'#/$defs/strings'},\n",
" 'size':{'$ref':'#/$defs/number'},'attachments':{'type':'boolean'},\n",
" 'fields':{'type':'array','items':{'$ref':'#/$defs/strings'}},\n",
" 'parts':{'$ref':'#/$defs/parts'},\n",
" 'defects':{'$ref':'#/$defs/strings'}}},\n",
"'structure':{'type':'object','required':['n','parts'],'properties':{\n",
" 'n':{'$ref':'#/$defs/number'},'parts':{'$ref':'#/$defs/parts'},\n",
" 'defects':{'$ref':'#/$defs/strings'}}},\n",
"'part_alone':{'type':'object','required':['n','parts'],'properties':{\n",
" 'n':{'$ref':'#/$defs/number'},'parts':{'$ref':'#/$defs/parts'}}},\n",
"'folder':{'type':'object','required':['folder','messages','unseen'],\n",
" 'properties':{'folder':{'type':'string'},\n",
" 'messages':{'type':['integer','null']},\n",
" 'unseen':{'type':['integer','null']},'flags':{'$ref':'#/$defs/strings'},\n",
" 'use':{'$ref':'#/$defs/text_or_null'}}},\n",
"'queue':{'type':'object','required':['id','status'],'properties':{\n",
" 'id':{'type':'string'},'from':{'type':'string'},\n",
" 'to':{'$ref':'#/$defs/strings'},\n",
" 'subject':{'$ref':'#/$defs/text_or_null'},\n",
" 'size':{'$ref':'#/$defs/number'},'queued':{'type':'string'},\n",
" 'next':{'$ref':'#/$defs/text_or_null'},\n",
" 'attempts':{'$ref':'#/$defs/number'},\n",
" 'last':{'$ref':'#/$defs/text_or_null'},'status':{'type':'string'},\n",
" 'message_id':{'$ref':'#/$defs/text_or_null'}}},\n",
"'fetch':{'type':'object','required':['fetched','skipped','failed'],\n",
" 'properties':{'fetched':{'$ref':'#/$defs/number'},\n",
" 'skipped':{'$ref':'#/$defs/number'},'failed':{'$ref':'#/$defs/number'},\n",
" 'bytes':{'$ref':'#/$defs/number'},'source':{'type':'string'},\n",
" 'dest':{'type':'string'}}},\n",
"'send':{'type':'object','required':['message_id','accepted','refused',\n",
" 'queued'],'properties':{'message_id':{'$ref':'#/$defs/text_or_null'},\n",
" 'accepted':{'$ref':'#/$defs/strings'},\n",
" 'refused':{'type':'array','items':{'type':'object','properties':{\n",
"  'addr':{'type':'string'},'reply':{'$ref':'#/$defs/text_or_null'}}}},\n",
" 'queued':{'type':'boolean'},'already':{'type':'boolean'},\n",
" 'message':{'type':'string'}}},\n",
"'count':{'type':'object','required':['count'],'properties':{\n",
" 'count':{'$ref':'#/$defs/number'}}},\n",
"'written':{'type':'object','required':['n','file','size'],'properties':{\n",
" 'n':{'$ref':'#/$defs/number'},'part':{'$ref':'#/$defs/text_or_null'},\n",
" 'file':{'type':'string'},'size':{'$ref':'#/$defs/number'}}},\n",
"'size':{'type':'object','required':['n','size'],'properties':{\n",
" 'n':{'$ref':'#/$defs/number'},'part':{'$ref':'#/$defs/text_or_null'},\n",
" 'size':{'$ref':'#/$defs/number'}}},\n",
"'current':{'type':'object','required':['n'],'maxProperties':1,\n",
"'properties':{'n':{'$ref':'#/$defs/number'}}},\n",
"'pair':{'type':'object','required':['name','value'],'properties':{\n",
" 'name':{'type':'string'},'value':{'$ref':'#/$defs/text_or_null'}}},\n",
"'error':{'type':'object','required':['error'],'properties':{\n",
" 'error':{'type':'object','required':['code','text'],'properties':{\n",
"  'code':{'$ref':'#/$defs/number'},'text':{'type':'string'},\n",
"  'where':{'type':'string'}}}}},\n",
"'ack':{'type':'object','required':['ack','status'],'properties':{\n",
" 'ack':{'$ref':'#/$defs/number'},'status':{'$ref':'#/$defs/number'}}}\n",
"}}\n",
};

void
schema_print(FILE *out)
{
	const char *p;
	size_t i;

	for (i = 0; i < NELEM(schema); i++)
		for (p = schema[i]; *p != '\0'; p++)
			putc(*p == '\'' ? '"' : *p, out);
}
